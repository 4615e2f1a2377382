import type { Step } from "../play/case.ts";
import { differences, type Difference } from "./differences.ts";
import type { Facts, Scalar } from "../play/observe.ts";
import type { Scene } from "../play/play.ts";

/** A fact that is not the same on both sides. */
export interface Deviation {
  readonly step: Step;
  readonly path: string;
  /** undefined: this side has no such fact. */
  readonly reference: Scalar | undefined;
  readonly ours: Scalar | undefined;
}

// The words of an error are each side's own; they are printed, not compared.
const words = /^stdout\.(msg|details)$/;

/** All deviations of one side's scenes from the other's. */
export function deviations(reference: readonly Scene[], ours: readonly Scene[]): Deviation[] {
  const played = new Set([...reference, ...ours].map(({ step }) => step));
  return [...played].flatMap((step) => {
    const [theirs, own] = [reference, ours].map((side) =>
      side.find((scene) => scene.step === step),
    );
    if (theirs && own) return compareFacts(step, theirs.facts, own.facts);
    const say = (scene: Scene | undefined) => (scene ? "called" : undefined);
    return { step, path: "call", reference: say(theirs), ours: say(own) };
  });
}

function compareFacts(step: Step, reference: Facts, ours: Facts): Deviation[] {
  const found: Deviation[] = [];
  const lonely = lonelyLinks(reference, ours);
  for (const [link, side] of lonely) {
    const there = (facts: Facts) => (facts === side ? "there" : undefined);
    found.push({ step, path: link, reference: there(reference), ours: there(ours) });
  }
  const isAbout = [...lonely.keys()].map(aboutLink);
  for (const path of new Set([...reference.keys(), ...ours.keys()])) {
    const pair = { reference: reference.get(path), ours: ours.get(path) };
    if (pair.reference === pair.ours || words.test(path)) continue;
    if (!isAbout.some((pattern) => pattern.test(path))) found.push({ step, path, ...pair });
  }
  return found;
}

/** Links that only one side has, such as `pod.link.mv0`: one deviation, whatever hangs on it. */
function lonelyLinks(...sides: readonly [Facts, Facts]): Map<string, Facts> {
  const lonely = new Map<string, Facts>();
  for (const [side, other] of [sides, [...sides].reverse()] as [Facts, Facts][]) {
    for (const path of side.keys()) {
      const link = /^(\w+\.link\.[^.]+)\.ifindex$/.exec(path)?.[1];
      if (link !== undefined && !other.has(path)) lonely.set(link, side);
    }
  }
  return lonely;
}

/** Matches the facts of a link, its addresses, routes and sysctls. */
function aboutLink(link: string): RegExp {
  const [namespace, , name] = link.split(".");
  return new RegExp(`^${namespace}\\.(link|addr|route\\d|file)\\b.*[./ ]${name}([./ ]|$)`);
}

/** The rows that were needed so far. */
const used = new Set<Difference>();

/** The deviations that no row of the table of differences accepts, as lines to read. */
export function unexplained(
  found: readonly Deviation[],
  caseName: string,
  version: string,
): string[] {
  return found.flatMap((deviation) => {
    const row = differences.find((difference) => covers(difference, deviation, caseName, version));
    if (row) used.add(row);
    const { step, path, reference, ours } = deviation;
    return row ? [] : [`${step}: ${path}: reference ${show(reference)}, ours ${show(ours)}`];
  });
}

/** Rows that explain nothing any more. */
export function unusedDifferences(): Difference[] {
  return differences.filter((difference) => !used.has(difference));
}

function covers(row: Difference, found: Deviation, caseName: string, version: string): boolean {
  return (
    row.path.test(found.path) &&
    (row.cases?.test(caseName) ?? true) &&
    (row.steps?.includes(found.step) ?? true) &&
    (row.versions?.includes(version) ?? true) &&
    row.accepts(found.reference, found.ours)
  );
}

function show(value: Scalar | undefined): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
