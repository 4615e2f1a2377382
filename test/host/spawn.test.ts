import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { E2BIG, EACCES, ENOENT, ENOEXEC } from "../../assembly/linux/errno.ts";
import type { SpawnResult } from "../../host/imports.ts";
import { linux } from "../../host/linux.ts";
import { startProgram } from "./program.ts";

const LIMIT = 1 << 20;
const LOG_LIMIT = 100;
const NOTHING = new Uint8Array(0);

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "host-spawn-"));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

/** A program in the test's directory: its path. */
function program(text: string, mode = 0o755): string {
  const file = path.join(directory, randomBytes(6).toString("hex"));
  fs.writeFileSync(file, text, { mode });
  return file;
}

function run(script: string, input: Uint8Array = NOTHING, limit = LIMIT): SpawnResult {
  return linux.spawn(program(`#!/bin/sh\n${script}\n`), "ADD", input, limit, LOG_LIMIT);
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const exited = (code: number) => code << 8;

describe("a program", () => {
  test("that succeeds", () => {
    const { status, output, log } = run("echo out; cat");
    expect([status, text(output), text(log)]).toEqual([0, "out\n", ""]);
  });

  test("that fails leaves its exit status and both its streams", () => {
    const { status, output, log } = run("echo out; echo err >&2; exit 3");
    expect([status, text(output), text(log)]).toEqual([exited(3), "out\n", "err\n"]);
  });

  test("that is killed leaves the signal", () => {
    expect(run("kill -KILL $$").status).toBe(9);
    expect(run("kill -TERM $$").status).toBe(15);
  });

  test("gets its input byte by byte, more than a pipe holds", () => {
    const input = randomBytes(300_001);
    const { status, output } = run("cat", input);
    expect(status).toBe(0);
    expect(Buffer.compare(output, input)).toBe(0);
  });

  test("may ignore its input, and close it", () => {
    const input = randomBytes(300_000);
    expect(run("exit 0", input).status).toBe(0);
    const { status, output } = run("exec <&-; sleep 0.1; echo ok", input);
    expect([status, text(output)]).toEqual([0, "ok\n"]);
  });

  test("may say much on standard error after it has closed its output", () => {
    const { status, log } = run("exec >&-; head -c 300000 /dev/zero | tr '\\0' x >&2; exit 2");
    expect([status, text(log)]).toEqual([exited(2), "x".repeat(LOG_LIMIT)]);
  });

  test("may leave another one running that holds its streams", () => {
    const start = performance.now();
    const { status, output } = run("sleep 60 & echo $!");
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(status).toBe(0);
    process.kill(Number(text(output)));
  });

  test("holds no other end of its own streams, which would keep them open", () => {
    const { output } = run(
      "for fd in /proc/$$/fd/*; do echo $(basename $fd) $(readlink $fd); done",
    );
    const targets = new Map(
      text(output)
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ") as [string, string]),
    );
    const streams = ["0", "1", "2"].map((fd) => targets.get(fd));
    expect(new Set(streams).size).toBe(3);
    for (const fd of ["0", "1", "2"]) targets.delete(fd);
    expect([...targets.values()].filter((target) => streams.includes(target))).toEqual([]);
  });

  test("ignores no signal, as node does, and blocks none", () => {
    const { output } = run("grep -E '^Sig(Ign|Blk)' /proc/self/status");
    const masks = [...text(output).matchAll(/[0-9a-f]{16}/g)].map(([mask]) => BigInt(`0x${mask}`));
    expect(masks).toHaveLength(2);
    // signals from 32 on belong to the C library
    for (const mask of masks) expect(mask & 0x7fffffffn).toBe(0n);
  });
});

describe("output", () => {
  test("may be exactly as long as the limit", () => {
    const { status, output } = run("head -c 5000 /dev/zero", NOTHING, 5000);
    expect([status, output.length]).toEqual([0, 5000]);
  });

  test("beyond the limit kills the program", () => {
    const { status, output } = run("head -c 5001 /dev/zero; sleep 60", NOTHING, 5000);
    expect([status, output.length]).toEqual([-E2BIG, 5000]);
  });

  test("without an end kills the program", () => {
    expect(run("exec yes").status).toBe(-E2BIG);
  });

  test("of nothing is allowed where there is no room for any", () => {
    expect(run("exit 0", NOTHING, 0).status).toBe(0);
    expect(run("echo", NOTHING, 0).status).toBe(-E2BIG);
  });
});

test.each([
  ["is missing", () => "/nonexistent/program", ENOENT],
  ["is not executable", () => program("#!/bin/sh\n", 0o644), EACCES],
  ["is a directory", () => directory, EACCES],
  ["has no #! and is no binary", () => program("echo hello\n"), ENOEXEC],
  ["has an interpreter that is missing", () => program("#!/nonexistent/sh\n"), ENOENT],
])("a program that %s is not started", (_, file, errno) => {
  const result = linux.spawn(file(), "ADD", NOTHING, LIMIT, LOG_LIMIT);
  expect(result).toEqual({ status: -errno, output: NOTHING, log: NOTHING });
});

test("no descriptor and no child is left over, however it ends", () => {
  const open = () => fs.readdirSync("/proc/self/fd").length;
  const before = open();
  run("exit 0");
  run("exec yes");
  linux.spawn("/nonexistent/program", "ADD", NOTHING, LIMIT, LOG_LIMIT);
  expect(open()).toBe(before);
  const zombies = fs
    .readFileSync("/proc/thread-self/children", "utf8")
    .split(" ")
    .filter((pid) => pid !== "")
    .map((pid) => fs.readFileSync(`/proc/${pid}/stat`, "utf8"))
    .filter((stat) => stat.includes(") Z "));
  expect(zombies).toEqual([]);
});

describe("the environment", () => {
  test("is passed on with CNI_COMMAND replaced, and is ours again afterwards", () => {
    process.env.HOST_TEST_PASSED = "a=b c";
    for (const own of [undefined, "CHECK"]) {
      if (own === undefined) delete process.env.CNI_COMMAND;
      else process.env.CNI_COMMAND = own;
      const { output } = run('echo "$CNI_COMMAND,$HOST_TEST_PASSED"');
      expect(text(output)).toBe("ADD,a=b c\n");
      expect(process.env.CNI_COMMAND).toBe(own);
    }
    expect(run("env").output.length).toBeGreaterThan(200);
  });

  test("is passed on byte by byte, also where it is not UTF-8", async () => {
    const file = program('#!/bin/sh\nprintf %s "$BYTES" | od -An -tx1\n');
    const through = ["sh", "-c", 'BYTES=$(printf "a\\377b") exec "$@"', "sh"];
    const child = startProgram("test/host/call-spawn.ts", [file, "0"], through);
    const { stdout } = await child.done;
    expect(JSON.parse(stdout)).toMatchObject({ status: 0, output: " 61 ff 62\n" });
  });
});

test("standard error is passed on at once and whole; its end is kept", async () => {
  const signal = path.join(directory, "go-on");
  const file = program(`#!/bin/sh
echo first >&2
while [ ! -e ${signal} ]; do sleep 0.01; done
head -c 300000 /dev/zero | tr '\\0' x >&2
echo last >&2
`);
  const child = startProgram("test/host/call-spawn.ts", [file, "8"]);
  await child.stderrHas("first\n");
  fs.writeFileSync(signal, "");
  const { stdout, stderr } = await child.done;
  expect(JSON.parse(stdout)).toEqual({ status: 0, output: "", log: "xxxlast\n" });
  expect(stderr).toBe(`first\n${"x".repeat(300_000)}last\n`);
});
