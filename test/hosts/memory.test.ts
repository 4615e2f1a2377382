import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { macvlanProgram } from "../../lab/paths.ts";
import { silent } from "../live/outcome.ts";
import { useSite } from "../live/site.ts";

// A runtime may have little memory, or addresses, to give away. AddressSanitizer takes terabytes of
// them, so this is not for it (vitest.config.ts).

const site = useSite();
const mebibyte = 2 ** 20;

/** The plugin with at most so many bytes of addresses (RLIMIT_AS of setrlimit(2)). */
function limited(bytes: number): { program: string; env: Record<string, string> } {
  const directory = site.script("limited", `exec prlimit --as=${bytes} "$PROGRAM"`);
  return { program: join(directory, "limited"), env: { PROGRAM: macvlanProgram } };
}

describe("with few addresses", () => {
  test("4 MiB are enough to add, check and delete", () => {
    const pod = site.pod();
    const dataDir = site.directory("leases");
    const keys = { ipam: { type: "host-local", subnet: "10.1.0.0/24", dataDir } };
    const prevResult = site.add(pod, keys, limited(4 * mebibyte));
    site.check(pod, { ...keys, prevResult }, limited(4 * mebibyte));
    site.del(pod, keys, limited(4 * mebibyte));
  });

  test("an input that does not fit is answered with an error, and no dump of memory", () => {
    const text = "x".repeat(8 * mebibyte);
    const pod = site.pod();
    const { status, signal, json } = site.unchanged(() =>
      site.call("ADD", pod, { _text: text }, limited(4 * mebibyte)),
    );
    expect({ status, signal }).toEqual({ status: 1, signal: null });
    expect(json).toMatchObject({ code: 108, msg: expect.stringContaining("stopped unexpectedly") });
  });

  test("and with more memory it is read", () => {
    const pod = site.pod();
    const text = "x".repeat(8 * mebibyte);
    site.add(pod, { _text: text }, limited(128 * mebibyte));
    silent(site.call("DEL", pod, { _text: text }, limited(128 * mebibyte)));
  });
});
