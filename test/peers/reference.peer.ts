import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cases } from "../play/cases/all.ts";
import { failures, play } from "../play/play.ts";
import { Twin } from "../play/twin.ts";
import { deviations, unexplained, unusedDifferences } from "./compare.ts";
import { installOurs } from "./ours.ts";
import { noteMessages, printMessages } from "./report.ts";
import { referenceDirectory, requirePrograms } from "./requirements.ts";

const canRun = requirePrograms([
  "/usr/lib/cni/macvlan",
  "/usr/lib/cni/host-local",
  "/usr/lib/cni/static",
  "ip",
]);

const plays = cases.flatMap((peerCase) =>
  peerCase.versions.map((version) => ({ peerCase, version, name: peerCase.name })),
);
let played = 0;

// As many as maxConcurrency in vitest.peers.config.ts: while one waits, the other works.
const free: Twin[] = [];

beforeAll(async () => {
  if (!canRun) return;
  for (let i = 0; i < 2; i++) free.push(await Twin.open(() => referenceDirectory, installOurs));
});

afterAll(async () => {
  printMessages();
  await Promise.all(free.map((twin) => twin.close()));
});

describe.concurrent("the reference and ours", () => {
  test.for(plays)("$name, $version", async ({ peerCase, version }) => {
    const twin = free.pop();
    if (!twin) throw new Error("more tests at a time than twins");
    try {
      const [reference, ours] = twin.sides;
      const [their, own] = await Promise.all([
        play(reference, peerCase, version === "1.1.0" ? "1.0.0" : version),
        play(ours, peerCase, version),
      ]);
      noteMessages(peerCase.name, their, own);
      expect(failures(own)).toEqual(peerCase.fails ?? {});
      const lines = unexplained(deviations(their, own), peerCase.name, version);
      expect(lines, `\n${lines.slice(0, 40).join("\n")}\n`).toEqual([]);
      played += 1;
    } finally {
      free.push(twin);
    }
  });
});

test("every row of the table of differences is needed", ({ skip }) => {
  if (played < plays.length) skip(`only ${played} of ${plays.length} comparisons were made`);
  expect(unusedDifferences()).toEqual([]);
});
