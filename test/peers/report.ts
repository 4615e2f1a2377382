import type { Scene } from "../play/play.ts";

/** The name of a case and how the sides word its failures, and in which steps they do. */
const noted = new Map<string, Set<string>>();

/** Notes how each side words the failures of a case, for a reader to compare. */
export function noteMessages(name: string, reference: readonly Scene[], ours: readonly Scene[]) {
  for (const { step, output } of [...reference, ...ours]) {
    if (output.status === 0) continue;
    const [theirs, own] = [reference, ours].map((side) =>
      wording(side.find((scene) => scene.step === step)),
    );
    const words = `${name}\n    reference ${theirs}\n    ours      ${own}`;
    noted.set(words, (noted.get(words) ?? new Set()).add(step));
  }
}

/** Prints what was noted, each wording once. */
export function printMessages(): void {
  const lines = [...noted].map(([words, steps]) => `${[...steps].join(", ")}: ${words}`);
  if (lines.length > 0) console.log(`How failures are worded:\n  ${lines.join("\n  ")}`);
}

function wording(scene: Scene | undefined): string {
  if (scene === undefined) return "(no such call)";
  const { status, signal, stdout, json } = scene.output;
  if (status === 0) return "success";
  const { code, msg, details } = (json ?? {}) as Record<string, unknown>;
  if (msg === undefined) return `${signal ?? `exit status ${status}`}: ${stdout.slice(0, 200)}`;
  return `${code} ${msg}${details === undefined ? "" : ` (${details})`}`;
}
