import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plays } from "../play/cases/all.ts";
import { failures, play } from "../play/play.ts";
import { Twins } from "../play/twin.ts";
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

let played = 0;
let twins: Twins;

beforeAll(async () => {
  if (canRun) twins = await Twins.open(() => referenceDirectory, installOurs);
});

afterAll(async () => {
  printMessages();
  await twins?.close();
});

describe.concurrent("the reference and ours", () => {
  test.for(plays)("$name, $version", ({ peerCase, version }) =>
    twins.use(async ([reference, ours]) => {
      const [their, own] = await Promise.all([
        play(reference, peerCase, version === "1.1.0" ? "1.0.0" : version),
        play(ours, peerCase, version),
      ]);
      noteMessages(peerCase.name, their, own);
      expect(failures(own)).toEqual(peerCase.fails ?? {});
      const lines = unexplained(deviations(their, own), peerCase.name, version);
      expect(lines, `\n${lines.slice(0, 40).join("\n")}\n`).toEqual([]);
      played += 1;
    }),
  );
});

test("every row of the table of differences is needed", ({ skip }) => {
  if (played < plays.length) skip(`only ${played} of ${plays.length} comparisons were made`);
  expect(unusedDifferences()).toEqual([]);
});
