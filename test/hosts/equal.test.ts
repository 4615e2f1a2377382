import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeDirectory, programDirectory } from "../../lab/paths.ts";
import { plays } from "../play/cases/all.ts";
import { failures, play, type Scene } from "../play/play.ts";
import { installPlugins } from "../play/plugins.ts";
import { type Install, Twins } from "../play/twin.ts";
import { openLab } from "../prerequisites.ts";

// One core, two hosts: whatever is played, both must say and do the same, byte by byte.

let twins: Twins;
openLab(async () => {
  twins = await Twins.open(install(nodeDirectory), install(programDirectory));
});
afterAll(() => twins?.close());

/** Ours alone, `host-local` as well. */
function install(directory: string): Install {
  const programs = ["macvlan", "static", "host-local"].map((name) => join(directory, name));
  return (lab) => installPlugins(lab, programs);
}

/** All that was seen of a play but the time it took. */
function seen(scenes: readonly Scene[]): object[] {
  return scenes.map(({ step, output: { status, signal, stdout, stderr }, facts }) => {
    return { step, status, signal, stdout, stderr, facts };
  });
}

describe.concurrent("the Node host and the native one do the same:", () => {
  test.for(plays)("$name, $version", ({ peerCase, version }) =>
    twins.use(async ([node, native]) => {
      const [expected, found] = await Promise.all([
        play(node, peerCase, version),
        play(native, peerCase, version),
      ]);
      expect(failures(expected)).toEqual(peerCase.fails ?? {});
      expect(seen(found)).toEqual(seen(expected));
    }),
  );
});
