import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Keys } from "../ipam/host-local/pool.ts";
import type { Call } from "../ipam/host-local/process.ts";
import { type Script, type Step, scripts } from "./leases/scripts.ts";
import { type Implementation, meaning, ours, reference, tree } from "./leases/side.ts";
import { requirePrograms } from "./requirements.ts";

requirePrograms(["/usr/lib/cni/host-local"]);

/** A data directory of its own, with an implementation, or several in turns, that work on it. */
class Directory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "peers-"));

  constructor(readonly implementation: Implementation) {}

  call({ ipam, files }: Pick<Script, "ipam" | "files">, step: Step): unknown {
    const config = {
      cniVersion: "1.0.0",
      name: "net1",
      type: "macvlan",
      ...step.keys,
      ipam: { type: "host-local", dataDir: this.path, ...(step.ipam ?? ipam) },
    };
    if (files) this.#write(files);
    const { command, id: containerId, ifname, args } = step;
    const call: Call = {
      command,
      containerId,
      config,
      ...(ifname === undefined ? {} : { ifname }),
      ...(args === undefined ? {} : { args }),
    };
    return meaning(this.implementation(call));
  }

  #write(files: Readonly<Record<string, string>>): void {
    const directory = join(this.path, "net1");
    mkdirSync(directory, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(directory, name), content, { mode: 0o600 });
    }
  }

  get tree(): string[] {
    return tree(this.path);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Plays a script on both sides; after each step answers and files must be the same. */
function compare(script: Script, own: Implementation): void {
  using theirs = new Directory(reference);
  using mine = new Directory(own);
  const before = process.umask(script.umask ?? 0o022);
  try {
    for (const [i, step] of script.steps.entries()) {
      const start = {
        ipam: script.ipam,
        ...(i === 0 && script.files ? { files: script.files } : {}),
      };
      const expected = { step, answer: theirs.call(start, step), tree: theirs.tree };
      expect({ step, answer: mine.call(start, step), tree: mine.tree }).toEqual(expected);
    }
  } finally {
    process.umask(before);
  }
}

describe("ours answers and writes what the reference does:", () => {
  test.each(scripts)("$name", (script) => compare(script, ours));
});

describe("any sequence of calls has the same answers and files", () => {
  const ids = ["c1", "c2", "c3"];
  const ipams: Keys[] = [
    { ranges: [[{ subnet: "10.0.0.0/29" }]] },
    {
      ranges: [[{ subnet: "10.0.0.0/30" }, { subnet: "10.0.1.0/30" }], [{ subnet: "fd00::/125" }]],
    },
  ];
  const steps = fc.array(
    fc.record({
      command: fc.constantFrom<Step["command"]>("ADD", "ADD", "DEL", "CHECK"),
      id: fc.constantFrom(...ids),
      ifname: fc.constantFrom("eth0", "eth1"),
    }),
    { minLength: 8, maxLength: 24 },
  );
  // a directory that is there: only ADD creates one
  const first: Step[] = [
    { command: "ADD", id: "first" },
    { command: "DEL", id: "first" },
  ];
  const script = fc.record({
    name: fc.constant("random"),
    ipam: fc.constantFrom(...ipams),
    steps: steps.map((some) => [...first, ...some]),
  });
  const options = { numRuns: 20 };

  test("ours alone as the reference alone", () => {
    fc.assert(
      fc.property(script, (one) => compare(one, ours)),
      options,
    );
  });

  test("both in turns on one directory as the reference alone", () => {
    const turns = fc.infiniteStream(fc.boolean());
    const both = fc.property(script, turns, (one, isOurs) =>
      compare(one, (call) => (isOurs.next().value ? ours : reference)(call)),
    );
    fc.assert(both, options);
  });
});

describe("on purpose ours differs:", () => {
  const dual = { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] };

  /** The answers and, last, the number of leases of both sides. */
  function both(steps: readonly Step[], files?: Script["files"]): unknown[][] {
    return [reference, ours].map((implementation) => {
      using directory = new Directory(implementation);
      const start = { ipam: dual, ...(files ? { files } : {}) };
      const answers = steps.map((step, i) =>
        directory.call(i === 0 ? start : { ipam: dual }, step),
      );
      const leases = directory.tree.filter((line) => /^net1\/[0-9a-f]+[.:]/.test(line));
      return [
        ...answers.map((answer) => (typeof answer === "object" ? "a result" : answer)),
        leases.length,
      ];
    });
  }

  const add: Step = { command: "ADD", id: "c1" };
  const del: Step = { command: "DEL", id: "c1" };

  test.each<[string, Step]>([
    ["a broken range", { ...del, ipam: { subnet: "10.0.0.5/24" } }],
    ["no ranges", { ...del, ipam: {} }],
    ["unknown CNI_ARGS", { ...del, args: "A=b" }],
  ])("DEL with %s frees what ADD reserved; the reference fails", (_, step) => {
    expect(both([add, step])).toEqual([
      ["a result", "an error", 2],
      ["a result", "nothing", 0],
    ]);
  });

  test("a second ADD that asks for an address is a second ADD", () => {
    const keys = { args: { cni: { ips: ["10.0.0.77", "fd00::77"] } } };
    expect(both([add, { ...add, keys }])).toEqual([
      ["a result", "a result", 4],
      ["a result", "an error", 2],
    ]);
  });

  test("CHECK looks for the addresses of the result", () => {
    const prevResult = { cniVersion: "1.0.0", ips: [{ address: "10.0.0.99/24" }] };
    expect(both([add, { command: "CHECK", id: "c1", keys: { prevResult } }])).toEqual([
      ["a result", "nothing", 2],
      ["a result", "an error", 2],
    ]);
  });

  test("DEL of an interface does not also free what names the container alone", () => {
    expect(both([del], { "10.0.0.99": "c1\r\neth0", "10.0.0.98": "c1" })).toEqual([
      ["nothing", 0],
      ["nothing", 1],
    ]);
  });

  test("DEL and CHECK create no directory", () => {
    using theirs = new Directory(reference);
    using mine = new Directory(ours);
    for (const step of [del, { ...del, command: "CHECK" } as const]) {
      expect(mine.call({ ipam: dual }, step)).toBe(theirs.call({ ipam: dual }, step));
    }
    expect(mine.tree).toEqual([]);
    expect(theirs.tree).toEqual(["net1 40755", "net1/lock 100750"]);
  });
});
