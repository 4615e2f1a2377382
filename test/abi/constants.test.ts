import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { giveUp } from "../prerequisites.ts";

const DIRECTORY = "assembly/linux";
const COMPILER = process.env.CC ?? "cc";

/** What a number type of AssemblyScript is in C. */
const TYPES: Readonly<Record<string, string>> = {
  i32: "int",
  u32: "unsigned int",
  u16: "unsigned short",
  u8: "unsigned char",
};

/**
 * A number that the headers may be too old to have. Numbers are given out once and in order, so
 * there it is one that is not given out yet.
 */
const NEWER = /^export const (\w+): .*; \/\/ after (\w+) before Linux [\d.]+$/gm;

/** A file of constants: the header named by its first line, and a static assertion for each. */
async function assertions(file: string): Promise<string> {
  const source = fs.readFileSync(path.join(DIRECTORY, file), "utf8");
  const header = /^\/\/ (\S+\.h)\n/.exec(source)?.[1];
  expect(header, `the first line of ${file} names a header`).toBeDefined();
  const values: Record<string, unknown> = await import(
    /* @vite-ignore */ path.resolve(DIRECTORY, file)
  );
  const constants = [...source.matchAll(/^export const (\w+): (\w+) = /gm)];
  expect(constants.map(([, name]) => name).sort()).toEqual(Object.keys(values).sort());
  const include = `#define _GNU_SOURCE\n#include <${header}>`;
  const newer = new Map([...source.matchAll(NEWER)].map(([, name = "", max = ""]) => [name, max]));
  const lines = constants.map(([, name = "", type = ""]) => {
    const value = values[name];
    const max = newer.get(name);
    if (max !== undefined && complaints(`${include}\nint number = ${name};\n`) !== "") {
      return `_Static_assert(${max} < ${value}, "${value} is another one than ${name}");`;
    }
    return `_Static_assert((${TYPES[type]})(${name}) == ${value}, "${name} is ${value} here");`;
  });
  return [include, ...lines, ""].join("\n");
}

/** The numbers that the native host has by itself, each with a static assertion. */
function assertionsOfNative(): string {
  const source = fs.readFileSync("native/uapi.h", "utf8");
  const headers = source.split("#ifndef")[0]?.match(/linux\/\w+\.h/g) ?? [];
  const numbers = [...source.matchAll(/^ {2}(\w+) = (\S+),$/gm)];
  expect(numbers).toHaveLength(source.split(" = ").length - 1);
  return [
    ...headers.map((header) => `#include <${header}>`),
    ...numbers.map(([, name, value]) => `_Static_assert(${name} == ${value}, "${name}");`),
    "",
  ].join("\n");
}

/** What the compiler says against a piece of C; nothing if it accepts it. */
function complaints(source: string): string {
  const options = ["-std=c11", "-fsyntax-only", "-xc", "-"];
  const { status, stderr, error } = spawnSync(COMPILER, options, { input: source });
  if (error) throw error;
  return status === 0 ? "" : stderr.toString();
}

function compilerMissing(): string | undefined {
  const { error } = spawnSync(COMPILER, ["--version"]);
  return error && `no C compiler to read the kernel's headers with: ${error.message}`;
}

describe("the constants of assembly/linux/ have the kernel's values", () => {
  const missing = compilerMissing();
  beforeEach(({ skip }) => {
    if (missing !== undefined) giveUp(skip, missing);
  });

  test.each(fs.readdirSync(DIRECTORY))("%s", async (file) => {
    expect(complaints(await assertions(file))).toBe("");
  });

  test("and so have those of native/uapi.h", () => {
    const source = assertionsOfNative();
    expect(complaints(source)).toBe("");
    expect(complaints(source.replace("RTM_NEWLINK == 16", "RTM_NEWLINK == 17"))).not.toBe("");
  });

  test("and the compiler would notice a wrong one", async () => {
    const source = (await assertions("errno.ts")).replace("(ENOENT) == 2,", "(ENOENT) == 3,");
    expect(complaints(source)).toContain("ENOENT is 2 here");
  });
});
