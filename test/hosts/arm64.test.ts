import { existsSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { cniExec, cniOutput } from "../../lab/cni.ts";
import { Lab } from "../../lab/lab.ts";
import { answers } from "../abi/answers.ts";
import { ask } from "../abi/ask.ts";
import { needs } from "../live/site.ts";
import { openLab } from "../prerequisites.ts";
import { compileProbe } from "../probe/compile.ts";
import { buildNative } from "./build.ts";

// The native host for another architecture: cross-compiled, on an emulator of its user mode.

const EMULATOR = "qemu-aarch64";
const forArm64 = ["--arch", "arm64"];

/**
 * The emulator makes a fork of clone(2) with CLONE_VM, so that posix_spawn(3) of the GNU library never
 * hears why a program cannot be executed; that of musl is told through a pipe.
 */
const unheard = { "spawn: a directory": 127 << 8, "spawn: no such program": 127 << 8 };
const emulated = existsSync("/usr/lib/aarch64-linux-musl/libc.a")
  ? answers
  : { ...answers, ...unheard };

let lab: Lab;
openLab(async () => {
  lab = await Lab.open();
});
afterAll(() => lab?.close());

describe("on arm64", { timeout: 120_000 }, () => {
  needs(EMULATOR);

  test("the host answers as every host must", ({ skip }) => {
    const core = compileProbe("abi");
    const probe = buildNative(skip, `${core}-arm64-free`, ["--core", core, "--free", ...forArm64]);
    expect(ask(lab, [EMULATOR, probe])).toEqual(emulated);
  });

  test("the plugin says what it speaks, and what is wrong with its input", ({ skip }) => {
    const plugin = buildNative(skip, "build/native-arm64", forArm64);
    const call = { containerId: "c1", netns: "/run/netns/none", ifname: "eth0", config: "{" };
    const [version, add] = ["VERSION", "ADD"].map((command) => {
      const { argv, options } = cniExec({ ...call, command, program: plugin });
      return cniOutput(lab.exec(argv.toSpliced(-1, 0, EMULATOR), options));
    });
    expect(version).toMatchObject({ status: 0, json: { cniVersion: "1.1.0" }, stderr: "" });
    expect(add).toMatchObject({ status: 1, json: { code: 6 }, stderr: "" });
  });
});
