import { describe, expect, it } from "vitest";
import { link } from "./kernel.ts";
import { frozen, useSite } from "./site.ts";

const site = useSite();

/** What `ip -d` knows of the length of the broadcast queue that was asked for. */
function requested(keys: object): unknown {
  const pod = site.pod();
  site.add(pod, { ...keys });
  return link(pod).linkinfo?.info_data?.bcqueuelen;
}

describe("bcqueuelen", () => {
  frozen(site);

  it("not given, or 0, is the kernel's own", () => {
    const usual = requested({});
    expect(usual).toBe(requested({ bcqueuelen: 0 }));
    expect(usual).toBe(1000);
  });

  it.each([1, 500, 2000, 4294967295])("%i is what the kernel has", (bcqueuelen) => {
    expect(requested({ bcqueuelen })).toBe(bcqueuelen);
  });

  it.each([-1, 4294967296, 1.5, "1000", true])("%j is refused", (bcqueuelen) => {
    expect(site.fail(site.pod(), { bcqueuelen }, [6, 7]).msg).toContain("bcqueuelen");
  });
});
