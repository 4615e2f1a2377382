import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { beforeEach, expect } from "vitest";
import { giveUp } from "../prerequisites.ts";

const COMPILER = process.env.CC ?? "cc";
const DIRECTORY = "build/test";
const PROGRAM = `${DIRECTORY}/ask`;
const PARTS = ["invocation", "json", "json-syntax", "messages", "shim", "frames", "descriptors"];
const OPTIONS = "-std=gnu11 -Wall -Wextra -Werror -O1 -g -fsanitize=address,undefined".split(" ");

/**
 * Compiles the native host's policy with questions to it, test/policy/ask.c; call it once, outside
 * of tests. Where there is no compiler, the tests are skipped, and in CI they fail.
 */
export function needNativePolicy(): void {
  const missing = compile();
  beforeEach(({ skip }) => {
    if (missing !== undefined) giveUp(skip, missing);
  });
}

function compile(): string | undefined {
  fs.mkdirSync(DIRECTORY, { recursive: true });
  // other files of tests may be running the old one
  const fresh = `${PROGRAM}.${process.pid}`;
  const sources = ["test/policy/ask.c", ...PARTS.map((name) => `native/${name}.c`)];
  const words = [...OPTIONS, "-o", fresh, ...sources];
  const { error, status, stderr } = spawnSync(COMPILER, words, { encoding: "utf8" });
  if (error) return `no C compiler for the policy of the native host: ${error.message}`;
  if (status !== 0) throw new Error(stderr);
  fs.renameSync(fresh, PROGRAM);
  return undefined;
}

/** All answers to some questions, one after the other. */
export function askNative(about: readonly string[], questions: readonly Uint8Array[]): string[] {
  const length = (bytes: Uint8Array) => new Uint8Array(Uint32Array.of(bytes.length).buffer);
  const input = Buffer.concat(questions.flatMap((bytes) => [length(bytes), bytes]));
  const options = { input, maxBuffer: 2 ** 28, env: { ASAN_OPTIONS: "detect_leaks=0" } };
  const { status, stdout, stderr } = spawnSync(PROGRAM, about, options);
  expect(status, stderr.toString()).toBe(0);
  const answers: string[] = [];
  for (let at = 0; at < stdout.length; ) {
    const start = at + 4;
    at = start + stdout.readUInt32LE(at);
    answers.push(stdout.toString("utf8", start, at));
  }
  return answers;
}
