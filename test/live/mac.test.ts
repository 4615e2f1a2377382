import { describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { link } from "./kernel.ts";
import { frozen, master, useSite } from "./site.ts";

const site = useSite();
const [first, second, third] = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"];

/** Adds a pod and expects this address in the kernel and in the result. */
function gets(mac: string, keys: object, args?: string): void {
  const pod = site.pod();
  const made = site.add(pod, { ...keys }, args === undefined ? {} : { args });
  expect(link(pod).address).toBe(mac);
  expect(made.interfaces?.[0]?.mac).toBe(mac);
}

describe("the MAC address", () => {
  it("is a random local one if none is asked for", () => {
    const [a, b] = [site.pod(), site.pod()];
    const [one, two] = [site.add(a), site.add(b)].map((made) => made.interfaces?.[0]?.mac);
    expect(one).toBe(link(a).address);
    expect(one).not.toBe(two);
  });

  it("comes from the configuration", () => gets(first, { mac: first }));
  it("comes from CNI_ARGS", () => gets(second, {}, `MAC=${second}`));
  it("comes from runtimeConfig", () => gets(third, { runtimeConfig: { mac: third } }));
  it("comes from RuntimeConfig, as some write it", () => {
    gets(third, { RuntimeConfig: { MAC: third } });
  });
  it("of CNI_ARGS wins over the configuration", () => {
    gets(second, { mac: first }, `IgnoreUnknown=1;MAC=${second};K8S_POD_NAME=x`);
  });
  it("of runtimeConfig wins over both", () => {
    gets(third, { mac: first, runtimeConfig: { mac: third } }, `MAC=${second}`);
  });
  it("that is empty is none", () => {
    const pod = site.pod();
    site.add(pod, { mac: "", runtimeConfig: { mac: "" } });
    expect(link(pod).address).toMatch(/^[0-9a-f:]{17}$/);
  });

  it.each(["02:AB:CD:EF:01:23", "02-ab-cd-ef-01-23", "02ab.cdef.0123"])(
    "may be written %s, and is reported in one way",
    (mac) => gets("02:ab:cd:ef:01:23", { mac }),
  );

  it("may be used again as soon as DEL returns", () => {
    const [a, b] = [site.pod(), site.pod()];
    site.add(a, { mac: first });
    site.del(a, { mac: first });
    site.add(b, { mac: first });
  });
});

describe("a bad MAC address is refused before anything is changed:", () => {
  frozen(site);

  it.each([
    ["multicast", "01:00:5e:00:00:01"],
    ["broadcast", "ff:ff:ff:ff:ff:ff"],
    ["zero", "00:00:00:00:00:00"],
    ["8 bytes", "02:00:00:00:00:00:00:01"],
    ["20 bytes", Array(20).fill("02").join(":")],
    ["5 bytes", "02:00:00:00:01"],
    ["no hexadecimal digit", "02:00:00:00:00:0g"],
    ["mixed separators", "02:00:00-00:00:01"],
    ["no separators", "020000000001"],
    ["one digit", "2:0:0:0:0:1"],
    ["spaces", " 02:00:00:00:00:01"],
    ["text", "zz"],
  ])("%s", (_, mac) => {
    expect(site.fail(site.pod(), { mac }, [7]).msg).toContain(`"${mac}"`);
  });

  it("in CNI_ARGS", () => {
    const { msg } = site.fail(site.pod(), {}, [4], { args: "MAC=01:00:5e:00:00:01" });
    expect(msg).toContain("01:00:5e:00:00:01");
    expect(msg).toContain("CNI_ARGS");
  });

  it("in runtimeConfig", () => {
    const { msg } = site.fail(site.pod(), { runtimeConfig: { mac: "zz" } }, [7]);
    expect(msg).toContain("runtimeConfig");
  });

  it.each([
    ["number", 5],
    ["list", ["02:00:00:00:00:01"]],
    ["object", {}],
    ["boolean", true],
  ])("of type %s: code 6", (_, mac) => {
    expect(site.fail(site.pod(), { mac }, [6]).msg).toContain("mac");
    site.fail(site.pod(), { runtimeConfig: { mac } }, [6]);
  });
});

describe("a MAC address in use", () => {
  it("by another macvlan of the master is refused, and nothing is left", () => {
    site.add(site.quietPod(), { mac: first }, { containerId: "a" });
    const { msg } = site.refuse(
      site.pod(),
      { mac: first, ...staticIpam(["10.1.0.2/24"]) },
      [101, 103],
    );
    expect(msg).toMatch(/EBUSY|EADDRINUSE/);
    expect(site.refuse(site.pod(), { mac: first }, [101, 103]).msg).toMatch(/EBUSY|EADDRINUSE/);
  });

  it("by the master is refused, and nothing is left", () => {
    const { address } = link(site.lab, master);
    const { msg } = site.refuse(site.pod(), { mac: address }, [101, 103]);
    expect(msg).toMatch(/EBUSY|EADDRINUSE/);
  });
});
