import * as host from "../../../assembly/sys/host";
import { CLONE_NEWNET } from "../../../assembly/linux/sched";
import { put, report, room } from "../report";
import { ANSWER, keep, variable } from "./try";

/** More than any host has open. */
const MANY: i32 = 64;
const CLONE_NEWNS: i32 = 0x20000;

/** Descriptors of the host's, which the core never opened; and its own, for what they are not. */
export function descriptors(): void {
  let others = 0;
  for (let fd = 3; fd < MANY; fd++) if (host.read(fd, ANSWER, 0) != -9) others++;
  report("descriptors that the core did not open", others == 0 ? -9 : others);
  report("close standard input", host.close(0));
  report("read standard output", host.read(1, ANSWER, 0));
  report("a variable that is none of CNI's", secret());

  const netns = keep(variable("CNI_NETNS"), 0);
  report("setns of any kind", host.setns(netns, 0));
  report("setns as a mount namespace", host.setns(netns, CLONE_NEWNS));
  report("flock of a namespace", host.flock(netns, 1));
  report("setns to standard input", host.setns(0, CLONE_NEWNET));
  host.close(netns);
}

function secret(): i32 {
  return host.getenv(room, put(room, "SECRET"), ANSWER, 1024);
}
