// The plugin as host-local, which is killed by SIGKILL at one of its system calls: a program of its
// own for kill.test.ts. argv[2]: the number of the call, counted from 1, of those that change
// something; at a write half of it is written.
import fs from "node:fs";
import path from "node:path";
import { O_CREAT } from "../../../assembly/linux/fcntl.ts";
import type { System } from "../../../host/imports.ts";
import { linux } from "../../../host/linux.ts";
import { runPlugin } from "../../../host/run.ts";

const file = path.join(import.meta.dirname, "../macvlan.wasm");
const fatal = Number(process.argv[2]);
let changes = 0;

function countChange(partly?: () => void): void {
  changes++;
  if (changes < fatal) return;
  partly?.();
  process.kill(process.pid, "SIGKILL");
}

function before<A extends unknown[]>(call: (...args: A) => number): (...args: A) => number {
  return (...args) => {
    countChange();
    return call(...args);
  };
}

const system: System = {
  ...linux,
  program_invocation_name: () => Buffer.from("host-local"),
  open: (name, flags, mode) => {
    if (flags & O_CREAT) countChange();
    return linux.open(name, flags, mode);
  },
  write: (fd, bytes) => {
    countChange(() => linux.write(fd, bytes.subarray(0, bytes.length >> 1)));
    return linux.write(fd, bytes);
  },
  close: before(linux.close),
  mkdir: before(linux.mkdir),
  unlink: before(linux.unlink),
  link: before(linux.link),
  symlink: before(linux.symlink),
  flock: before(linux.flock),
};

process.exitCode = runPlugin(new WebAssembly.Module(fs.readFileSync(file)), system);
