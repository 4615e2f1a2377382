// Whatever lies in the directory of the leases and its index: each command is answered, no address
// is handed out that a file reserves, and what was handed out is freed again.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Sim } from "../../host/sim/index.ts";
import { config, machine } from "../core/core.ts";
import { holds, runSane, TIMEOUT } from "./fuzz.ts";

const DATA = "/data";
const LEASES = `${DATA}/net1`;
const INDEX = `${DATA}/.index/net1`;
const keys = { ipam: { type: "host-local", dataDir: DATA, subnet: "10.0.0.0/28" } };
const OURS = "container-1\r\nmv0";

const address = fc.integer({ min: 0, max: 15 }).map((last) => `10.0.0.${last}`);
const content = fc.oneof(
  fc.constantFrom(
    OURS,
    "container-1\nmv0",
    "container-1",
    "other\r\neth0",
    "",
    " \n",
    "\r\n",
    "a".repeat(300),
  ),
  fc.uint8Array({ maxLength: 60 }),
  address,
);
const name = fc.oneof(
  { weight: 6, arbitrary: address },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "lock",
      "last_reserved_ip.0",
      "last_reserved_ip.1",
      ".new-lease",
      "10.0.0.05",
      "::ffff:10.0.0.3",
      "2001:DB8::1",
      "container-1:mv0",
      "0",
      "f",
      "x".repeat(255),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.stringMatching(/^[a-zA-Z0-9:._ -]{1,12}$/).filter((s) => !/^\.+$/.test(s)),
  },
);

/** Something in a directory: a file, another directory, a link. */
type Thing =
  | { readonly kind: "file"; readonly content: string | Uint8Array }
  | { readonly kind: "folder" }
  | { readonly kind: "link"; readonly to: string };

const thing: fc.Arbitrary<Thing> = fc.oneof(
  { weight: 8, arbitrary: content.map((c) => ({ kind: "file" as const, content: c })) },
  { weight: 1, arbitrary: fc.constant({ kind: "folder" as const }) },
  {
    weight: 2,
    arbitrary: fc
      .oneof(address, fc.constantFrom("10.0.0.2 10.0.0.3", "/nowhere", ".", "..", "10.0.0.2 x  "))
      .map((to) => ({ kind: "link" as const, to })),
  },
);
const things = fc.uniqueArray(fc.tuple(name, thing), { maxLength: 12, selector: ([n]) => n });

function put(sim: Sim, folder: string, list: readonly (readonly [string, Thing])[]): void {
  sim.files.mkdir(folder);
  for (const [file, what] of list) {
    const path = `${folder}/${file}`;
    if (what.kind === "file") sim.files.write(path, what.content);
    else if (what.kind === "folder") sim.files.mkdir(path);
    else sim.files.symlink(path, what.to);
  }
}

function addressOf(json: unknown): string {
  const [ip] = (json as { ips: { address: string }[] }).ips;
  return ip?.address.split("/")[0] ?? "";
}

/** Links from one lease to another are left out: what is written to one would be in the other. */
const isPlain = ([, what]: readonly [string, Thing]) =>
  what.kind !== "link" || !what.to.startsWith("10.");
const state = fc.tuple(
  things.map((list) => list.filter(isPlain)),
  things,
);

describe("whatever is in the directories,", { timeout: TIMEOUT }, () => {
  test("every command is answered", () => {
    const commands = fc.array(fc.constantFrom("ADD", "DEL", "CHECK", "GC", "STATUS"), {
      minLength: 1,
      maxLength: 4,
    });
    holds(fc.tuple(state, commands), ([leases, index], list) => {
      const sim = machine();
      put(sim, LEASES, leases);
      put(sim, INDEX, index);
      let prevResult: unknown;
      for (const command of list) {
        const valid = { "cni.dev/valid-attachments": [{ containerID: "other", ifname: "eth0" }] };
        const outcome = runSane(sim, {
          command,
          config: config({ ...keys, ...valid, prevResult }),
        });
        if (command === "ADD" && outcome.status === 0) prevResult = outcome.json;
      }
    });
  });

  test("an address that is reserved is not handed out, and two are never the same", () => {
    holds(fc.tuple(state), ([leases, index]) => {
      const sim = machine();
      put(sim, LEASES, leases);
      put(sim, INDEX, index);
      const taken = new Set(leases.map(([file]) => file));
      for (let i = 0; i < 4; i++) {
        sim.addNetns(`/run/netns/pod${i}`);
        const call = { containerId: `pod${i}`, netns: `/run/netns/pod${i}`, config: config(keys) };
        const { status, json } = runSane(sim, call);
        if (status === 1) return;
        expect(taken).not.toContain(addressOf(json));
        taken.add(addressOf(json));
      }
    });
  });

  test("DEL frees what ADD has reserved, and nobody else's", () => {
    holds(fc.tuple(state), ([leases, index]) => {
      const sim = machine();
      put(sim, LEASES, leases);
      put(sim, INDEX, index);
      const call = { containerId: "pod", config: config(keys) };
      const { status, json } = runSane(sim, call);
      if (status === 1) return;
      const path = `${LEASES}/${addressOf(json)}`;
      expect(sim.files.find(path)).toBeDefined();
      const deleted = runSane(sim, { ...call, command: "DEL" });
      if (deleted.status === 0) expect(sim.files.find(path)).toBeUndefined();
      const others = leases.filter(([, { kind }]) => kind === "file").map(([file]) => file);
      const kept = others.filter((file) => /^10\./.test(file) && file !== addressOf(json));
      for (const file of kept) expect(sim.files.find(`${LEASES}/${file}`)).toBeDefined();
    });
  });
});
