// Counts system calls with strace(1), which makes them far too slow to be timed as well.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Process } from "./launch.ts";

export interface Count {
  readonly calls: number;
  readonly requests: number;
}

const file = "/run/bench.strace";

/** Whether there is an strace(1). */
export function canTrace(): boolean {
  return !spawnSync("strace", ["-V"]).error;
}

/** The same process under strace. */
export function traced({ argv, env, input }: Process): Process {
  return { argv: ["strace", "-f", "-qq", "-v", "-o", file, ...argv], env, input };
}

/** What the last process that was traced has done, its children included. */
export function readCount(): Count {
  const calls = readFileSync(file, "utf8")
    .split("\n")
    // `12 close(3) = 0`, and not `12 <... read resumed>`, `12 --- SIGCHLD` or `12 +++ exited`
    .filter((line) => /^\d+ +\w+\(/.test(line));
  const sent = calls.filter((line) => /^\d+ +(send(to|msg)|write)\(/.test(line));
  const requests = sent.flatMap((line) => line.match(/\{nlmsg_len=/g) ?? []);
  return { calls: calls.length, requests: requests.length };
}
