import { describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { link } from "./kernel.ts";
import { frozen, master, useSite } from "./site.ts";

const site = useSite();

describe("mtu", () => {
  it.each([
    ["not given", {}],
    ["0", { mtu: 0 }],
  ])("%s: the master's", (_, keys) => {
    const pod = site.pod();
    site.lab.ip("link", "set", master, "mtu", "1450");
    const made = site.add(pod, keys);
    site.lab.ip("link", "set", master, "mtu", "1500");
    expect(made.interfaces?.[0]?.mtu).toBe(1450);
  });

  it.each([68, 1280, 1400, 1500])("%i is what the kernel has and the result says", (mtu) => {
    const pod = site.pod();
    const made = site.add(pod, { mtu });
    expect(link(pod).mtu).toBe(mtu);
    expect(made.interfaces?.[0]?.mtu).toBe(mtu);
  });
});

describe("an mtu", () => {
  frozen(site);

  it("larger than the master's is refused: the message has both", () => {
    const { msg } = site.fail(site.pod(), { mtu: 1501 }, [7]);
    expect(msg).toContain("1501");
    expect(msg).toContain("1500");
    expect(msg).toContain(master);
  });

  it.each([-1, 67, 1, 65536, 2147483648, 4294967296 + 1400, 1e300])("%d is refused", (mtu) => {
    expect(site.fail(site.pod(), { mtu }, [6, 7]).msg).toMatch(/mtu/i);
  });

  it.each(['"1500"', "1500.0", "1.5", "15e2", "true", "[1500]", "{}"])(
    "%s is no integer: code 6",
    (mtu) => {
      const pod = site.pod();
      const config = JSON.stringify(site.config({ mtu: 0 })).replace('"mtu":0', `"mtu":${mtu}`);
      const call = { command: "ADD", containerId: "c1", netns: pod.path, ifname: "eth0" };
      const output = site.lab.cni({ ...call, config });
      expect(output).toMatchObject({ status: 1, json: { code: 6 } });
      expect(output.stdout).toContain("mtu");
    },
  );

  it("too small for IPv6 is refused where there is an IPv6 address", () => {
    const ipam = staticIpam(["10.1.0.2/24", "fd00:1::2/64"]);
    const { msg } = site.fail(site.pod(), { mtu: 1279, ...ipam }, [7, 103]);
    expect(msg).toContain("1279");
    site.add(site.pod(), { mtu: 1280, ...ipam });
  });
});
