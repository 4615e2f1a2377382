import * as host from "../../assembly/sys/host";
import { put, report, room } from "./report";

const COMMAND: usize = room + 1000;
const INPUT: usize = room + 1100;
const OUTPUT: usize = room + 2000;
const LOG: usize = room + 3000;
const OUTPUT_LENGTH: usize = room + 4000;
const LOG_LENGTH: usize = room + 4004;

/**
 * Programs that end in every way. PROBE_PROGRAM is one that writes its CNI_COMMAND and its input to
 * standard output and `log` to standard error, and then exits with status 3, or for
 * CNI_COMMAND=KILL kills itself with SIGTERM.
 */
export function programs(): void {
  report("spawn: no such program", spawn("/nonexistent/program", "ADD", 100, 100));
  report("spawn: its output", load<u32>(OUTPUT_LENGTH));
  report("spawn: a directory", spawn("/proc", "ADD", 100, 100));
  report("spawn: a NUL byte in the path", spawn("/proc\0", "ADD", 100, 100));
  report("spawn: a NUL byte in the command", spawn("/proc", "A\0D", 100, 100));

  const length = host.getenv(room, put(room, "PROBE_PROGRAM"), room + 100, 800);
  const program = String.UTF8.decodeUnsafe(room + 100, length);
  report("spawn: the wait status of exit 3", spawn(program, "ADD", 100, 100));
  report("spawn: the length of the output", load<u32>(OUTPUT_LENGTH));
  report("spawn: the output", load<u64>(OUTPUT) == 0x7475706e69444441 ? 1 : 0);
  report("spawn: the length of the log", load<u32>(LOG_LENGTH));
  report("spawn: the log", load<u32>(LOG) == 0x0a676f6c ? 1 : 0);
  report("spawn: the wait status of SIGTERM", spawn(program, "KILL", 100, 100));
  report("spawn: as much output as fits", spawn(program, "ADD", 8, 100));
  report("spawn: too much output", spawn(program, "ADD", 7, 100));
  report("spawn: its output, cut", load<u32>(OUTPUT_LENGTH));
  report("spawn: a longer log than fits", spawn(program, "ADD", 100, 2));
  report("spawn: the end of the log", load<u32>(LOG_LENGTH) == 2 && load<u8>(LOG) == 0x67 ? 1 : 0);
}

/** Runs a program with the input `input`. */
function spawn(path: string, command: string, outputCapacity: u32, logCapacity: u32): i32 {
  store<u32>(OUTPUT_LENGTH, outputCapacity);
  store<u32>(LOG_LENGTH, logCapacity);
  return host.spawn(
    room,
    put(room, path),
    COMMAND,
    put(COMMAND, command),
    INPUT,
    put(INPUT, "input"),
    OUTPUT,
    OUTPUT_LENGTH,
    LOG,
    LOG_LENGTH,
  );
}
