import * as host from "../../assembly/sys/host";
import { AT_EMPTY_PATH } from "../../assembly/linux/fcntl";
import { LOCK_EX } from "../../assembly/linux/file";
import { CLONE_NEWNET } from "../../assembly/linux/sched";
import { startSend } from "./background";
import { report, room } from "./report";

/** Calls on a descriptor that is not open. */
export function badDescriptors(): void {
  on("no descriptor", 9999);
  on("a negative descriptor", -1);
}

function on(kind: string, fd: i32): void {
  report(`read: ${kind}`, host.read(fd, room, 8));
  report(`write: ${kind}`, host.write(fd, room, 8));
  report(`close: ${kind}`, host.close(fd));
  report(`flock: ${kind}`, host.flock(fd, LOCK_EX));
  report(`getdents64: ${kind}`, host.getdents64(fd, room, 512));
  report(`statx: ${kind}`, host.statx(fd, room, 0, AT_EMPTY_PATH, 1, room, 256));
  report(`setns: ${kind}`, host.setns(fd, CLONE_NEWNET));
  report(`bind: ${kind}`, host.bind(fd, room, 12));
  report(`setsockopt: ${kind}`, host.setsockopt(fd, 1, 1, room, 4));
  report(`send: ${kind}`, host.send(fd, room, 8, 0));
  report(`start_send: ${kind}`, startSend(fd, room, 8));
  store<u32>(room + 100, 12);
  report(`recvfrom: ${kind}`, host.recvfrom(fd, room, 8, 0, room, room + 100));
}
