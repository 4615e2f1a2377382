import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { programDirectory } from "../../lab/paths.ts";
import { documentAt, readText } from "./documents.ts";

// What docs/configuration.md says about leases to somebody who is called at night, done.

const path = "docs/configuration.md";
const { fences, codes } = documentAt(path);
const commands = fences
  .filter(({ language, text }) => language === "sh" && !text.startsWith("ip "))
  .map(({ text }) => text);
const [list = "", del = "", gc = ""] = commands;

let dataDir = "";

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "leases-"));
  for (const id of ["3f2a", "77c1", "77c2"]) add(id);
});
afterEach(() => rmSync(dataDir, { recursive: true }));

/** Runs a command as it is written, on the programs and leases of this test, as this user. */
function run(command: string): string {
  const text = command
    .replaceAll("/var/lib/cni/networks", dataDir)
    .replaceAll('"type":"host-local"', `"type":"host-local","dataDir":"${dataDir}"`)
    .replaceAll("/opt/cni/bin", programDirectory)
    .replaceAll("sudo ", "");
  return execFileSync("sh", ["-ec", text], { encoding: "utf8" });
}

function add(containerId: string): void {
  const ipam = { type: "host-local", dataDir, ranges: [[{ subnet: "192.0.2.0/24" }]] };
  execFileSync("sh", ["-c", `umask 022; exec ${programDirectory}/host-local`], {
    input: JSON.stringify({ cniVersion: "1.1.0", name: "lan", type: "macvlan", ipam }),
    env: {
      ...process.env,
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: containerId,
      CNI_NETNS: "/run/netns/none",
      CNI_IFNAME: "eth0",
    },
  });
}

function leases(): string[] {
  return readdirSync(join(dataDir, "lan")).filter((name) => /^\d/.test(name));
}

test("the listing shows addresses and containers, and the count counts them", () => {
  expect(run(list)).toMatch(/192\.0\.2\.3:77c1\r?\n192\.0\.2\.3:eth0/);
  const count = codes.find((code) => code.startsWith("ls -I"));
  expect(run(`cd ${dataDir}/lan; ${count}`).trim()).toBe("3");
});

test("DEL frees the lease of a container", () => {
  expect(run(del)).toBe("");
  expect(leases().sort()).toEqual(["192.0.2.3", "192.0.2.4"]);
  expect(run(del)).toBe("");
});

test("GC frees the leases that are not listed", () => {
  expect(run(gc)).toBe("");
  expect(leases()).toEqual(["192.0.2.3"]);
});

test("the files are those of the table, with its modes", () => {
  const cells = /^\| (`.+?`) \| (0\d{3}) \|/gm;
  const rows = [...readText(path).matchAll(cells)];
  const modes = Object.fromEntries(rows.map(([, names = "", mode]) => [names.split("`")[1], mode]));
  const modeOf = (name: string) =>
    `0${(statSync(join(dataDir, "lan", name)).mode & 0o777).toString(8)}`;
  expect(modes).toMatchObject({
    "192.0.2.100": modeOf("192.0.2.2"),
    "last_reserved_ip.0": modeOf("last_reserved_ip.0"),
    lock: modeOf("lock"),
  });
});
