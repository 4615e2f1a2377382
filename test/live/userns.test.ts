import { describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { addresses, linkNames, reaches } from "./kernel.ts";
import { ifname, needs, useSite } from "./site.ts";

const site = useSite({ userNamespace: true });

describe("in a user namespace, without the machine's root", () => {
  needs("ping");

  it("ADD, traffic, CHECK, STATUS and DEL work, and nothing is left", () => {
    const [a, b] = [site.pod(), site.pod()];
    const one = staticIpam(["10.1.0.2/24 10.1.0.1", "fd00:1::2/64"], [{ dst: "0.0.0.0/0" }]);
    const two = staticIpam(["10.1.0.3/24", "fd00:1::3/64"]);
    site.unchanged(() => {
      const prevResult = site.add(a, one, { containerId: "a" });
      site.add(b, two, { containerId: "b" });
      expect(addresses(a)).toHaveLength(2);
      expect(reaches(a, "10.1.0.3")).toBe(true);
      expect(reaches(a, "fd00:1::3")).toBe(true);
      site.check(a, { ...one, prevResult }, { containerId: "a" });
      site.del(a, one, { containerId: "a" });
      site.del(b, two, { containerId: "b" });
    });
    expect(linkNames(a)).toEqual([]);
  });

  it("a failed ADD is undone", () => {
    const ipam = staticIpam(["10.1.0.2/24"], [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }]);
    site.refuse(site.pod(), ipam, [103]);
  });

  it("a namespace that belongs to the machine is refused, and nothing is changed", () => {
    const error = site.refuse(site.pod(), {}, [4, 108, 101], { netns: "/proc/1/ns/net" });
    expect(error.msg).toMatch(/E(PERM|ACCES)/);
    expect(linkNames(site.lab)).not.toContain(ifname);
  });
});
