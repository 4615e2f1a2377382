import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { macvlanProgram, programDirectory } from "../../lab/paths.ts";

// What is put on nodes: one file, and nothing that it needs.

const KIBIBYTE = 1024;
// elf(5)
const PT_INTERP = 3;
const SHT_SYMTAB = 2;

/** The types of the program headers and of the sections of a 64-bit little-endian ELF file. */
function headersOf(file: string): { segments: number[]; sections: number[] } {
  const view = new DataView(readFileSync(file).buffer);
  const types = (offset: number, size: number, count: number, field: number) =>
    Array.from({ length: count }, (_, i) => view.getUint32(offset + i * size + field, true));
  const [segmentsAt, sectionsAt] = [32, 40].map((at) => Number(view.getBigUint64(at, true)));
  const [segmentSize, segments, sectionSize, sections] = [54, 56, 58, 60].map((at) =>
    view.getUint16(at, true),
  ) as [number, number, number, number];
  return {
    segments: types(segmentsAt as number, segmentSize, segments, 0),
    sections: types(sectionsAt as number, sectionSize, sections, 4),
  };
}

describe("the executable", () => {
  test("is static and stripped, and not larger than 400 KiB", () => {
    const { segments, sections } = headersOf(macvlanProgram);
    expect(segments.length).toBeGreaterThan(3);
    expect(segments).not.toContain(PT_INTERP);
    expect(sections).not.toContain(SHT_SYMTAB);
    expect(readFileSync(macvlanProgram).length).toBeLessThanOrEqual(400 * KIBIBYTE);
  });

  test("has two other names beside it", () => {
    for (const name of ["static", "host-local"]) {
      expect(readlinkSync(join(programDirectory, name))).toBe("macvlan");
    }
  });

  test.each(["macvlan", "static", "host-local"])("acts as %s by its name", (name) => {
    const { status, stderr } = spawnSync(join(programDirectory, name), { env: {} });
    expect({ status, stderr: `${stderr}`.split(" plugin ")[0] }).toEqual({
      status: 0,
      stderr: `CNI ${name}`,
    });
  });
});

describe("npm run build:native says what is missing:", () => {
  /** The script, where only these programs can be found. */
  function build(programs: readonly string[], ...words: string[]) {
    const directory = mkdtempSync(join(tmpdir(), "tools-"));
    for (const program of programs) symlinkSync(`/usr/bin/${program}`, join(directory, program));
    const argv = ["scripts/native.mjs", ...words];
    const { status, stderr } = spawnSync(process.execPath, argv, { env: { PATH: directory } });
    rmSync(directory, { recursive: true });
    return { status, lines: `${stderr}`.split("\n").map((line) => line.trim()) };
  }

  test("every program, with its Debian package", () => {
    const { status, lines } = build([]);
    expect(status).toBe(1);
    for (const name of ["make", "wabt", "gcc"]) {
      expect(lines).toContainEqual(expect.stringMatching(`is missing: apt-get install ${name}$`));
    }
  });

  test("the one that is", () => {
    expect(build(["make", "gcc"]).lines).toEqual([
      "build:native:",
      "wasm2c is missing: apt-get install wabt",
      "",
    ]);
  });

  test("the compiler for another machine", () => {
    const other = process.arch === "arm64" ? "amd64" : "arm64";
    expect(build(["make", "gcc", "wasm2c"], "--arch", other).lines[1]).toMatch(
      /-linux-gnu-gcc is missing: apt-get install gcc-.*-linux-gnu$/,
    );
    expect(build([], "--arch", "vax").lines[1]).toBe(
      "no such architecture: vax; there are amd64 and arm64",
    );
  });
});
