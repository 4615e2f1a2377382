import * as host from "../../../assembly/sys/host";
import { put, report, room } from "../report";
import { ANSWER, inContainer } from "./try";

const COMMAND: usize = room + 1024;
/** Where the probe has put standard input. */
const INPUT: usize = room + 4096;

let program = "";
let input: i32 = 0;

/**
 * Programs that the configuration does not name, and the one that it names for what it was not
 * asked.
 */
export function programs(base: string, length: i32): void {
  program = `${base}/bin/host-local`;
  input = length;
  const names = [
    `${base}/evil`,
    `${base}/bin/other`,
    `${base}/bin/../evil`,
    `${base}/bin/./host-local`,
    `${base}/bin//host-local`,
    `${base}/elsewhere/host-local`,
    "/bin/sh",
    "/proc/self/root/bin/sh",
  ];
  for (let i = 0; i < names.length; i++) {
    report(`run ${names[i].replace(base, "")}`, run(names[i], "ADD", INPUT, length));
  }
  report("run a directory on CNI_PATH", run(`${base}/folders/host-local`, "ADD", INPUT, length));
  report("run with another command", run(program, "VERSION", INPUT, length));
  report("run with another input", run(program, "ADD", INPUT, length - 1));
  report("run with an input of our own", run(program, "ADD", ANSWER, put(ANSWER, "{}")));
  report(
    "run in the container's namespace",
    inContainer(() => run(program, "ADD", INPUT, input)),
  );
}

function run(path: string, command: string, bytes: usize, length: i32): i32 {
  store<u32>(room + 2040, 0);
  store<u32>(room + 2044, 0);
  return host.spawn(
    room,
    put(room, path),
    COMMAND,
    put(COMMAND, command),
    bytes,
    length,
    ANSWER + 512,
    room + 2040,
    ANSWER + 512,
    room + 2044,
  );
}
