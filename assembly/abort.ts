import { writeText, STDERR } from "./sys/io";

/**
 * Called by the compiler's own checks and by `throw`: a mistake of the programmer, never of the
 * input. Says where on standard error, then traps; the host turns the trap into a CNI error.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = message ? message : "aborted";
  const place = file ? file : "?";
  writeText(STDERR, `macvlan core: ${text} at ${place}:${line.toString()}:${column.toString()}\n`);
  unreachable();
}
