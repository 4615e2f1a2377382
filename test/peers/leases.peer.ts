import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { programDirectory } from "../../lab/paths.ts";
import { environment, referenceProgram } from "./leases/side.ts";
import { requirePrograms } from "./requirements.ts";

// Processes of both implementations at the same time, on one directory: no address is handed out
// twice, none is lost, and each frees what the other reserved.

requirePrograms(["/usr/lib/cni/host-local"]);

const programs = [`${programDirectory}/host-local`, referenceProgram] as const;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "shared-"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly ips: readonly string[];
  readonly text: string;
}

/** Starts one of the two; `size` addresses of each family from .10 on are to be had. */
function start(
  program: string,
  command: string,
  containerId: string,
  size: number,
): Promise<Ended> {
  const set = (subnet: string, first: string, last: string) => [
    { subnet, rangeStart: first, rangeEnd: last },
  ];
  const config = {
    cniVersion: "1.0.0",
    name: "net1",
    type: "macvlan",
    ipam: {
      type: "host-local",
      dataDir,
      ranges: [
        set("10.0.0.0/24", "10.0.0.10", `10.0.0.${9 + size}`),
        set("fd00::/64", "fd00::10", `fd00::${(15 + size).toString(16)}`),
      ],
    },
  };
  const env = {
    ...environment({ command, containerId }),
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  };
  const child = spawn(program, { env, stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  child.stdin.on("error", () => {}).end(JSON.stringify(config));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      const result = command === "ADD" && status === 0 ? JSON.parse(text) : {};
      const ips = (result.ips ?? []) as { address: string }[];
      resolve({ status, ips: ips.map(({ address }) => address.replace(/\/.*/, "")), text });
    });
  });
}

/** The leases on the disk: address to container id. */
function leases(): Map<string, string> {
  const directory = join(dataDir, "net1");
  const ips = readdirSync(directory).filter((name) => /^[0-9a-f]+[.:]/.test(name));
  return new Map(ips.map((ip) => [ip, readFileSync(join(directory, ip), "utf8")]));
}

const [own, theirs] = programs;
const other = (program: string) => (program === own ? theirs : own);

test("48 processes ask for 40 addresses, and then give them back to the other side", async () => {
  const size = 40;
  const wanted = Array.from({ length: 48 }, (_, i) => ({
    id: `c${i}`,
    program: programs[i % 2] ?? own,
  }));
  const ended = await Promise.all(
    wanted.map(async (one) => ({ ...one, ...(await start(one.program, "ADD", one.id, size)) })),
  );
  const lucky = ended.filter(({ status }) => status === 0);
  expect(lucky.length).toBe(size);
  const unlucky = ended.filter(({ status }) => status !== 0);
  for (const { status, text } of unlucky) {
    expect(status).toBe(1);
    expect(text).toContain("no IP addresses available in range set");
  }
  // no address twice, each with its owner's name in it, and none that nobody was given
  const given = lucky.flatMap(({ id, ips }) => ips.map((ip) => [ip, `${id}\r\neth0`] as const));
  expect(given.length).toBe(2 * size);
  expect(leases()).toEqual(new Map(given));
  expect(new Set(lucky.map(({ program }) => program)).size).toBe(2);
  const freed = await Promise.all(
    wanted.map(({ id, program }) => start(other(program), "DEL", id, size)),
  );
  expect(freed.map(({ status, text }) => ({ status, text }))).toEqual(
    wanted.map(() => ({ status: 0, text: "" })),
  );
  expect(leases()).toEqual(new Map());
});

test("12 containers come and go, each time through the other side", async () => {
  const size = 6;
  const held = new Map<string, string>();
  let reserved = 0;
  let exhausted = 0;
  const live = async (id: string, first: string) => {
    let program = first;
    for (let round = 0; round < 4; round++) {
      const { status, ips } = await start(program, "ADD", id, size);
      program = other(program);
      if (status === 0) reserved++;
      else exhausted++;
      for (const ip of ips) {
        expect(held.get(ip), `${ip}, now of ${id}`).toBeUndefined();
        held.set(ip, id);
      }
      // meanwhile others must not be given it
      const checked = await start(program, "CHECK", id, size);
      expect(checked.status).toBe(status);
      for (const ip of ips) held.delete(ip);
      const freed = await start(program, "DEL", id, size);
      expect(freed).toMatchObject({ status: 0, text: "" });
    }
  };
  await Promise.all(Array.from({ length: 12 }, (_, i) => live(`c${i}`, programs[i % 2] ?? own)));
  expect(leases()).toEqual(new Map());
  expect(reserved + exhausted).toBe(48);
  expect(reserved).toBeGreaterThan(12);
});

describe("while the other side holds the lock", () => {
  test.each([
    ["ours", own],
    ["the reference", theirs],
  ])("%s waits", async (_, program) => {
    expect((await start(theirs, "ADD", "c1", 9)).status).toBe(0);
    const lock = join(dataDir, "net1", "lock");
    const holder = spawn("flock", [lock, "sh", "-c", "echo held; sleep 1; echo done"]);
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      holder.stdout.setEncoding("utf8").on("data", (text) => {
        heard.push(text.trim());
        resolve();
      });
    });
    const { status } = await start(program, "ADD", "c2", 9);
    expect({ status, heard }).toEqual({ status: 0, heard: ["held", "done"] });
  });
});
