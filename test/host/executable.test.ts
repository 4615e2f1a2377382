import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const BIN = path.resolve("build/bin");
const MACVLAN = path.join(BIN, "macvlan");

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "host-executable-"));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

/** What the executable needs of build/, elsewhere: the path of the executable. */
function copyTo(name: string): string {
  const copy = path.join(directory, name);
  for (const part of ["bin", "lib", "macvlan.wasm", "package.json"]) {
    fs.cpSync(path.join("build", part), path.join(copy, part), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  return path.join(copy, "bin/macvlan");
}

/** Runs a program with nothing in its environment but `env`; not even PATH. */
function run(program: string, env: Record<string, string>, cwd = "/", input = "{}") {
  const { status, stdout, stderr, error } = spawnSync(program, { env, cwd, input });
  // which is no failure of a program that ends without reading its input
  if (error && !("code" in error && error.code === "EPIPE")) throw error;
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

const version = { CNI_COMMAND: "VERSION" };

function expectVersions(output: ReturnType<typeof run>): void {
  expect(output.stderr).toBe("");
  expect(JSON.parse(output.stdout)).toMatchObject({
    supportedVersions: expect.arrayContaining(["0.1.0", "1.1.0"]),
  });
  expect(output.status).toBe(0);
}

describe("build/bin/macvlan runs", () => {
  test("without any environment", () => expectVersions(run(MACVLAN, version)));

  test("with an empty PATH, and in a directory with another node", () => {
    const trap = path.join(directory, "node");
    fs.writeFileSync(trap, "#!/bin/sh\necho trap\n", { mode: 0o755 });
    expectVersions(run(MACVLAN, { ...version, PATH: "" }, directory));
    expectVersions(run(MACVLAN, { ...version, PATH: "." }, directory));
  });

  test("by a relative path, from any directory", () => {
    expectVersions(run("./macvlan", version, BIN));
    expectVersions(run("../build/bin/macvlan", version, path.resolve("host")));
  });

  test("through symbolic links, to itself and to its directory", () => {
    const link = path.join(directory, "macvlan");
    fs.symlinkSync(MACVLAN, link);
    fs.symlinkSync(link, path.join(directory, "again"));
    fs.symlinkSync(BIN, path.join(directory, "bin"));
    expectVersions(run(link, version));
    expectVersions(run(path.join(directory, "again"), version));
    expectVersions(run(path.join(directory, "bin/macvlan"), version));
  });

  test("where its path has blanks and quotes in it", () => {
    const odd = path.join(directory, 'it\'s a "place"');
    fs.cpSync("build", odd, { recursive: true, verbatimSymlinks: true });
    expectVersions(run(path.join(odd, "bin/macvlan"), version));
  });

  test("with the node that MACVLAN_NODE names, if it is an absolute path of a program", () => {
    const node = path.join(directory, "other-node");
    fs.writeFileSync(node, `#!/bin/sh\necho used >&2\nexec ${process.execPath} "$@"\n`, {
      mode: 0o755,
    });
    const chosen = run(MACVLAN, { ...version, MACVLAN_NODE: node });
    expect(chosen.stderr).toBe("used\n");
    for (const bad of ["", "other-node", directory, "/nonexistent"]) {
      expectVersions(run(MACVLAN, { ...version, MACVLAN_NODE: bad }, directory));
    }
  });
});

describe("where the node that it was built with is gone", () => {
  /** The executable, moved to a machine that has no node in the usual places. */
  function moved(name: string): string {
    const file = copyTo(name);
    const text = fs.readFileSync(file, "latin1");
    const changed = text
      .replace(/try '.*?';/, "try '/nonexistent';")
      .replace(/try \/usr\/.*;/, "try /nonexistent;");
    expect(changed.match(/try '?\/nonexistent/g)).toHaveLength(2);
    fs.writeFileSync(file, changed, "latin1");
    return file;
  }

  test("it takes the node on PATH", () => {
    const bin = path.join(directory, "path");
    fs.mkdirSync(bin);
    fs.symlinkSync(process.execPath, path.join(bin, "node"));
    expectVersions(run(moved("moved"), { ...version, PATH: bin }));
  });

  test("and if there is none, says so as a CNI error", () => {
    const { status, stdout } = run(moved("lonely"), {
      ...version,
      PATH: directory.replace("/", "/no"),
    });
    expect(JSON.parse(stdout)).toEqual({
      cniVersion: "1.1.0",
      code: 108,
      msg: expect.stringContaining("set MACVLAN_NODE"),
    });
    expect(status).toBe(1);
  });
});

test("build/bin/static is the same program under another name", () => {
  expect(fs.readlinkSync(path.join(BIN, "static"))).toBe("macvlan");
  expect(run(path.join(BIN, "static"), {}).stderr).toMatch(/^CNI static plugin /);
  expect(run(MACVLAN, {}).stderr).toMatch(/^CNI macvlan plugin /);
});

test("the name is that of the link by which it was called", () => {
  const link = path.join(directory, "static");
  fs.symlinkSync(MACVLAN, link);
  expect(run(link, {}).stderr).toMatch(/^CNI static plugin /);
});

test("copied away without its core, it says which file it lacks, as a CNI error", () => {
  const copy = path.join(directory, "alone");
  fs.copyFileSync(MACVLAN, copy);
  const { status, stdout } = run(copy, version);
  expect(JSON.parse(stdout)).toMatchObject({
    code: 108,
    msg: expect.stringContaining(path.resolve(directory, "../macvlan.wasm")),
  });
  expect(status).toBe(1);
});

test("the native library is loaded only for a command that needs it", () => {
  const program = copyTo("bare");
  fs.rmSync(path.join(program, "../../lib"), { recursive: true });
  expectVersions(run(program, version));
  const config = JSON.stringify({ cniVersion: "1.1.0", name: "n", type: "macvlan", master: "x0" });
  const { status, stdout } = run(program, { CNI_COMMAND: "STATUS" }, "/", config);
  expect(JSON.parse(stdout)).toMatchObject({
    code: 108,
    msg: expect.stringContaining("lib/koffi/linux.node"),
  });
  expect(status).toBe(1);
});

test("CNI_MACVLAN_TRACE=1 shows every call on standard error and changes nothing else", () => {
  const plain = run(MACVLAN, version);
  const traced = run(MACVLAN, { ...version, CNI_MACVLAN_TRACE: "1" });
  expect(traced.stdout).toBe(plain.stdout);
  expect(traced.status).toBe(0);
  expect(traced.stderr).toContain('getenv("CNI_COMMAND") = "VERSION" <');
  expect(traced.stderr).toMatch(/^write\(1, "\{.*\) = \d+ <[\d.]+ ms>$/m);
});
