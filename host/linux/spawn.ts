import type { SpawnResult } from "../imports.ts";
import { ENOBUFS, E2BIG } from "../../assembly/linux/errno.ts";
import os from "node:os";
import fs from "node:fs";

export function spawn(
  path: string,
  command: string,
  input: Uint8Array,
  outputLimit: number,
  logLimit: number,
): SpawnResult {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const child = spawnSync(path, [], {
    env: { ...process.env, CNI_COMMAND: command },
    input,
    maxBuffer: outputLimit,
    killSignal: "SIGKILL",
  });
  const output = child.stdout?.subarray(0, outputLimit) ?? new Uint8Array(0);
  const log = child.stderr ?? new Uint8Array(0);
  try {
    fs.writeSync(2, log);
  } catch {}
  let status: number;
  const errno = (child.error as NodeJS.ErrnoException | undefined)?.errno;
  if (errno === -ENOBUFS) status = -E2BIG;
  else if (child.signal) status = os.constants.signals[child.signal];
  else if (child.status !== null) status = child.status << 8;
  else status = errno as number;
  return { status, output, log: log.subarray(Math.max(0, log.length - logLimit)) };
}
