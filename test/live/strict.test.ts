import { describe, expect, it } from "vitest";
import { frozen, useSite } from "./site.ts";

const site = useSite();

describe("an unknown key", () => {
  frozen(site);

  it("is a line on standard error", () => {
    const { status, stderr } = site.call("ADD", site.pod(), { bcQueueLength: 5000 });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'macvlan: ignored unknown key "bcQueueLength": did you mean "bcqueuelen"?\n',
    });
  });

  it.each([{ bcQueueLength: 5000 }, { ipam: { type: "static", adresses: [] } }])(
    "is an error where the configuration is strict: %j",
    (keys) => {
      const pod = site.pod();
      const error = site.refuse(pod, { strict: true, ...keys }, [2]);
      expect(error.msg).toMatch(/^unknown key ".*" is (5000|\[\]): did you mean ".*"\?$/);
      site.del(pod, { strict: true, ...keys });
    },
  );
});
