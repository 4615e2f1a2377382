import { spawnSync } from "node:child_process";
import { launcher } from "./compile.ts";

/** A process as a container runtime starts it. */
export interface Process {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

/** What processes that were started at once took together. */
export interface Cost {
  /** Until the last has ended and nobody holds its output any more. */
  readonly wallMs: number;
  /** User and system time, with all children, those that outlive their parents as well. */
  readonly cpuMs: number;
  /** The largest peak of one process. */
  readonly memoryKib: number;
}

/** What one of them said. */
export interface Answer {
  readonly status: number;
  readonly output: string;
}

/** Starts processes at once and waits for all, and for what they leave running (launch.c). */
export function launch(processes: readonly Process[]): { cost: Cost; answers: Answer[] } {
  const { status, stdout, stderr, error } = spawnSync(launcher, {
    input: processes.map(fields).join(""),
    maxBuffer: 64 * 2 ** 20,
  });
  if (status !== 0) throw new Error(`${launcher}: ${error?.message ?? stderr}`);
  const [head = "", rest] = cutLine(stdout);
  const [wall = 0, cpu = 0, memoryKib = 0] = head.split(" ").map(Number);
  return {
    cost: { wallMs: wall / 1e6, cpuMs: cpu / 1e3, memoryKib },
    answers: readAnswers(rest, processes.length),
  };
}

function fields({ argv, env, input }: Process): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const all = [argv.length, variables.length, ...argv, ...variables, input];
  return all.map((field) => `${field}\0`).join("");
}

function readAnswers(bytes: Buffer, count: number): Answer[] {
  const answers: Answer[] = [];
  let rest = bytes;
  for (let i = 0; i < count; i++) {
    const [line, behind] = cutLine(rest);
    const [status = -1, length = 0] = line.split(" ").map(Number);
    answers.push({ status, output: behind.toString("utf8", 0, length) });
    rest = behind.subarray(length);
  }
  return answers;
}

function cutLine(bytes: Buffer): [string, Buffer] {
  const end = bytes.indexOf("\n");
  return [bytes.toString("utf8", 0, end), bytes.subarray(end + 1)];
}
