// A core that is out for harm (test/probe/hostile.ts), on the real kernel: under the policy nothing
// of what it tries is done; without it, nearly everything is.
import fs from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { EACCES, EBADF, ENOENT } from "../../assembly/linux/errno.ts";
import { Lab } from "../../lab/lab.ts";
import { nodeDirectory, programDirectory } from "../../lab/paths.ts";
import { difference } from "../../lab/snapshot.ts";
import { buildCore } from "../hosts/build.ts";
import { bundleProgram } from "../host/program.ts";
import { openLab } from "../prerequisites.ts";
import { compileProbe } from "../probe/compile.ts";

let [confined, open, free]: Lab[] = [];
openLab(async () => {
  [confined, open, free] = [await Lab.open(), await Lab.open(), await Lab.open()];
});
afterAll(async () => {
  await confined?.close();
  await open?.close();
  await free?.close();
});

/** Files that the core would like to have, as test/probe/hostile/paths.ts expects them. */
function layOut(base: string): void {
  for (const folder of ["leases/net1", "leases/other", "leases/.index/net1", "bin", "elsewhere"]) {
    fs.mkdirSync(path.join(base, folder), { recursive: true });
  }
  fs.mkdirSync(path.join(base, "folders/host-local"), { recursive: true });
  for (const file of ["secret", "victim", "victim2", "leases/other/10.0.0.9"]) {
    fs.writeFileSync(path.join(base, file), "kept");
  }
  fs.writeFileSync(path.join(base, "leases/net1/10.0.0.2"), "c1\r\neth0");
  fs.symlinkSync("secret", path.join(base, "leading"));
  for (const program of ["evil", "bin/other", "bin/host-local", "elsewhere/host-local"]) {
    const script = `#!/bin/sh\necho ran >> ${base}/ran\n`;
    fs.writeFileSync(path.join(base, program), script, { mode: 0o755 });
  }
}

/** Everything below a directory: its mode, and what it holds; links are not followed. */
function contentsOf(directory: string): string[] {
  return fs.readdirSync(directory).flatMap((name) => {
    const file = path.join(directory, name);
    const stat = fs.lstatSync(file);
    const line = `${file} ${stat.mode.toString(8)}`;
    if (stat.isSymbolicLink()) return [`${line} ${fs.readlinkSync(file)}`];
    return stat.isDirectory()
      ? [line, ...contentsOf(file)]
      : [`${line} ${fs.readFileSync(file, "latin1")}`];
  });
}

/** The command line of the hostile core on the host whose executables are meant. */
function hostile(skip: (reason: string) => never, isConfined: boolean): string[] {
  const core = compileProbe("hostile");
  if (programDirectory !== nodeDirectory) {
    return [buildCore(skip, core, ...(isConfined ? [] : ["--free" as const]))];
  }
  const runner = isConfined ? "test/policy/run-confined.ts" : "test/abi/run-probe.ts";
  return [process.execPath, bundleProgram(runner), path.resolve(core)];
}

/** Runs the hostile core in the lab, and gives its report: what it tried, and the answer. */
function run(
  lab: Lab,
  argv: readonly string[],
  base: string,
  keys: object = {},
  command = "ADD",
): [name: string, answer: number][] {
  const ipam = { type: "host-local", dataDir: `${base}/leases`, subnet: "10.0.0.0/24" };
  const own = { cniVersion: "1.1.0", name: "net1", type: "macvlan", master: "eth0", ipam };
  const config = { ...own, ...keys };
  const env = {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    CNI_COMMAND: command,
    CNI_CONTAINERID: "c1",
    CNI_NETNS: "/run/netns/pod",
    CNI_IFNAME: "eth0",
    CNI_PATH: `${base}/bin:${base}/folders`,
    CNI_ARGS: base,
    SECRET: "word",
  };
  const report = lab.run(argv, { env, input: JSON.stringify(config) });
  return report
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"))
    .map(([name = "", answer]) => [name, Number(answer)]);
}

function prepare(lab: Lab): string {
  lab.addMaster("eth0");
  lab.addNetns("pod").ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0p");
  lab.addNetns("other");
  const base = path.join(lab.directory, "base");
  layOut(base);
  return base;
}

/** What an ADD needs a packet socket for. */
const isForAdd = ([name]: readonly [string, number]) => name.startsWith("ADD: ");

/** What is not there for the core is not refused but missing. */
const MISSING: Readonly<Record<string, number>> = {
  "descriptors that the core did not open": -EBADF,
  "a variable that is none of CNI's": -ENOENT,
};

test("under the policy a hostile core gets nothing done", { timeout: 300_000 }, ({ skip }) => {
  const lab = confined as Lab;
  const base = prepare(lab);
  const files = contentsOf(base);
  const network = lab.snapshot();
  const report = run(lab, hostile(skip, true), base);
  expect(report.length).toBeGreaterThan(200);
  const others = report.filter(([name, answer]) => answer !== (MISSING[name] ?? -EACCES));
  expect(others.filter((line) => !isForAdd(line))).toEqual([]);
  expect(others.filter(isForAdd)).toEqual(report.filter(isForAdd));
  expect(others.length).toBeGreaterThan(8);
  expect(contentsOf(base)).toEqual(files);
  expect(difference(network, lab.snapshot())).toEqual([]);
});

test.for(["CHECK", "DEL", "GC", "STATUS"])(
  "in %s it gets no packet socket",
  {
    timeout: 300_000,
  },
  (command, { skip }) => {
    const lab = confined as Lab;
    const report = run(lab, hostile(skip, true), path.join(lab.directory, "base"), {}, command);
    const opened = report.filter(([name]) => name === "ADD: open a packet socket in the container");
    expect(opened).toEqual([[opened[0]?.[0], -EACCES]]);
  },
);

test("with hostAccess it gets done what that is for, and nothing that comes near to it", {
  timeout: 300_000,
}, ({ skip }) => {
  const lab = open as Lab;
  const base = prepare(lab);
  const files = contentsOf(base);
  const report = run(lab, hostile(skip, true), base, { hostAccess: true });
  const isFor = (name: string) => name.startsWith("hostAccess: ");
  const refused = report.filter(([name, answer]) => isFor(name) && answer === -EACCES);
  const done = report.filter(
    (line) => !isFor(line[0]) && !isForAdd(line) && line[1] !== (MISSING[line[0]] ?? -EACCES),
  );
  expect([refused, done]).toEqual([[], []]);
  expect(report.filter(([name]) => isFor(name)).length).toBeGreaterThan(10);
  expect(contentsOf(base)).toEqual(files);
});

test("without it, the same core reaches files, programs and the host's network", {
  timeout: 300_000,
}, ({ skip }) => {
  const lab = free as Lab;
  const base = prepare(lab);
  const files = contentsOf(base);
  const network = lab.snapshot();
  const report = run(lab, hostile(skip, false), base);
  // the kernel itself executes no directory
  const refused = report.filter(
    ([name, answer]) => answer === -EACCES && name !== "run a directory on CNI_PATH",
  );
  expect(refused).toEqual([]);
  expect(contentsOf(base)).not.toEqual(files);
  expect(fs.readFileSync(path.join(base, "ran"), "utf8")).toContain("ran");
  expect(difference(network, lab.snapshot())).not.toEqual([]);
});
