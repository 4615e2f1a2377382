import { describe, expect, it } from "vitest";
import type { CniOutput } from "../../lab/cni.ts";
import { Judge } from "../../soak/judge.ts";

/** What a plugin printed. */
function output(json: object, status: number): CniOutput {
  const stdout = JSON.stringify(json);
  return { status, signal: null, stdout, stderr: "", milliseconds: 1, json };
}

const result = (...addresses: string[]) =>
  output({ cniVersion: "1.1.0", ips: addresses.map((address) => ({ address })) }, 0);
const failure = (code: number) => output({ cniVersion: "1.1.0", code, msg: "no" }, 1);

describe("the judge of the soak", () => {
  it("sees that two have an address at the same time, of either family", () => {
    const judge = new Judge();
    judge.added("a", result("10.9.0.10/16", "fd00:9::a/64"));
    judge.added("b", result("10.9.0.11/16", "fd00:9::a/64"));
    judge.added("c", result("10.9.0.10/16"));
    expect(judge.faults).toEqual([
      "fd00:9::a was given to b, and is a's",
      "10.9.0.10 was given to c, and is a's",
    ]);
  });

  it("allows it one after the other", () => {
    const judge = new Judge();
    for (const who of ["a", "b", "c"]) {
      const added = judge.added(who, result("10.9.0.10/16"));
      expect(added).toBeDefined();
      if (added) judge.releases(added);
    }
    expect(judge.faults).toEqual([]);
    expect([...judge.given]).toEqual([["10.9.0.10", 3]]);
  });

  it("allows an ADD to find no address or no lock, and nothing else", () => {
    const judge = new Judge();
    for (const code of [110, 11]) expect(judge.added("a", failure(code))).toBeUndefined();
    expect(judge.counts).toMatchObject({ exhausted: 1, tryAgain: 1 });
    expect(judge.faults).toEqual([]);
    judge.added("a", failure(104));
    judge.added("b", { ...failure(110), status: 0 });
    judge.added("c", { ...result("10.9.0.10/16"), stderr: "a warning" });
    judge.added("d", { ...output({}, 0), json: undefined });
    expect(judge.faults).toHaveLength(4);
  });
});
