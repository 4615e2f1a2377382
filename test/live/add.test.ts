import { describe, expect, it } from "vitest";
import { CNI_VERSIONS, type CniVersion } from "../../host/schema/index.ts";
import { staticIpam } from "./ipam.ts";
import { addresses, link, linkNames } from "./kernel.ts";
import { result } from "./outcome.ts";
import { ifname, master, useSite } from "./site.ts";

const site = useSite();
const dual = staticIpam(
  ["10.1.0.2/24 10.1.0.1", "fd00:1::2/64 fd00:1::1"],
  [{ dst: "10.9.0.0/16" }, { dst: "fd00:9::/32", gw: "fd00:1::99" }],
);

describe("ADD with IPAM", () => {
  it("makes a macvlan that is up, on the master, with the addresses", () => {
    const pod = site.pod();
    site.add(pod, dual);
    const made = link(pod);
    expect(made.linkinfo).toMatchObject({ info_kind: "macvlan", info_data: { mode: "bridge" } });
    expect(made.link_index).toBe(link(site.lab, master).ifindex);
    expect(made.flags).toContain("UP");
    expect(addresses(pod)).toMatchObject([
      { local: "10.1.0.2", prefixlen: 24, broadcast: "10.1.0.255", scope: "global" },
      { local: "fd00:1::2", prefixlen: 64, scope: "global" },
    ]);
    expect(linkNames(pod)).toEqual([ifname]);
  });

  it("reports at 1.1.0 what the kernel has", () => {
    const pod = site.pod();
    const made = site.add(pod, dual);
    const { address, mtu } = link(pod);
    expect(made).toEqual({
      cniVersion: "1.1.0",
      interfaces: [{ name: ifname, mac: address, mtu, sandbox: pod.path }],
      ips: [
        { interface: 0, address: "10.1.0.2/24", gateway: "10.1.0.1" },
        { interface: 0, address: "fd00:1::2/64", gateway: "fd00:1::1" },
      ],
      routes: [{ dst: "10.9.0.0/16" }, { dst: "fd00:9::/32", gw: "fd00:1::99" }],
    });
  });

  it.each(CNI_VERSIONS)("answers in version %s, exactly as that version says", (cniVersion) => {
    const pod = site.pod();
    const made = site.add(pod, { ...dual, cniVersion });
    const { address } = link(pod);
    const text = JSON.stringify(made);
    expect(text).toContain("10.1.0.2/24");
    expect(text).toContain("fd00:1::2/64");
    expect(text).toContain("10.9.0.0/16");
    expect(text).toContain("fd00:1::99");
    expect(text.includes(address)).toBe(cniVersion >= "0.3.0");
    expect(text.includes('"mtu"')).toBe(cniVersion === "1.1.0");
  });

  it("takes a configuration without cniVersion for one of 0.1.0", () => {
    const made = result(site.call("ADD", site.pod(), { ...dual, cniVersion: undefined }), "0.1.0");
    expect(made.cniVersion).toBe("0.1.0");
  });

  it("puts routes of 0.2.0 below their family", () => {
    const made = site.add(site.pod(), { ...dual, cniVersion: "0.2.0" }) as object;
    expect(made).toEqual({
      cniVersion: "0.2.0",
      ip4: { ip: "10.1.0.2/24", gateway: "10.1.0.1", routes: [{ dst: "10.9.0.0/16" }] },
      ip6: {
        ip: "fd00:1::2/64",
        gateway: "fd00:1::1",
        routes: [{ dst: "fd00:9::/32", gw: "fd00:1::99" }],
      },
      dns: {},
    });
  });

  it("prints the result indented by four spaces, with a newline at its end", () => {
    const { stdout, json } = site.call("ADD", site.pod(), dual);
    expect(stdout.endsWith("}\n")).toBe(true);
    expect(stdout).toMatch(/^ {4}"cniVersion": "1.1.0"/m);
    expect(JSON.parse(stdout)).toEqual(json);
  });
});

describe("ADD of layer 2 only", () => {
  const ways: ReadonlyArray<readonly [string, object]> = [
    ["no ipam", {}],
    ["ipam null", { ipam: null }],
    ["an empty ipam", { ipam: {} }],
    ["an empty ipam.type", { ipam: { type: "" } }],
  ];

  it.each(ways)("with %s: a link that is up and has no address", (_, keys) => {
    const pod = site.pod();
    const made = site.add(pod, { ...keys });
    expect(link(pod).flags).toContain("UP");
    expect(addresses(pod)).toEqual([]);
    expect(made).toEqual({
      cniVersion: "1.1.0",
      interfaces: [{ name: ifname, mac: link(pod).address, mtu: 1500, sandbox: pod.path }],
    });
  });

  it.each(CNI_VERSIONS)("succeeds at version %s", (cniVersion: CniVersion) => {
    const pod = site.pod();
    site.add(pod, { cniVersion });
    expect(linkNames(pod)).toEqual([ifname]);
  });
});

describe("dns", () => {
  const dns = {
    nameservers: ["10.1.0.53", "fd00::53"],
    domain: "example.test",
    search: ["a.test", "b.test"],
    options: ["ndots:2"],
  };

  it("of the configuration goes into the result", () => {
    expect(site.add(site.pod(), { ...dual, dns }).dns).toEqual(dns);
    expect(site.add(site.pod(), { dns }).dns).toEqual(dns);
  });

  it("of IPAM is kept", () => {
    const ipam = staticIpam(["10.1.0.2/24"], [], { dns });
    expect(site.add(site.pod(), ipam).dns).toEqual(dns);
  });

  it("of the configuration wins where both have it", () => {
    const ipam = staticIpam(["10.1.0.2/24"], [], { dns });
    const made = site.add(site.pod(), { ...ipam, dns: { domain: "mine.test" } });
    expect(made.dns?.domain).toBe("mine.test");
  });

  it("is an empty object where there is none, before 1.0.0", () => {
    expect(site.add(site.pod(), { cniVersion: "0.4.0", ...dual })).toMatchObject({ dns: {} });
  });
});

describe("the interface's name", () => {
  it.each(["abcdefghijklmno", "a.b-c_d", "köln-ü", master, "0"])("may be %s", (name) => {
    const pod = site.pod();
    const made = site.add(pod, {}, { ifname: name });
    expect(made.interfaces?.[0]?.name).toBe(name);
    expect(linkNames(pod)).toEqual([name]);
  });

  it("that the container has already is refused, and the interface there is left alone", () => {
    const pod = site.pod();
    site.add(pod, dual);
    const error = site.refuse(pod, dual, [102]);
    expect(error.msg).toContain(ifname);
  });

  it("may be added twice under two names for one container", () => {
    const pod = site.pod();
    site.add(pod, dual);
    site.add(pod, staticIpam(["10.2.0.2/24"]), { ifname: "net1" });
    expect(linkNames(pod).sort()).toEqual([ifname, "net1"]);
  });
});

describe("keys of the configuration", () => {
  it("are read in any case", () => {
    const pod = site.pod();
    const config = { CNIVERSION: "1.1.0", NAME: "live", Type: "macvlan", Master: master };
    const more = { MODE: "private", MTU: 1400, IPAM: { Type: "static", Addresses: [] } };
    const ipam = { ...more.IPAM, Addresses: [{ ADDRESS: "10.1.0.2/24", Gateway: "10.1.0.1" }] };
    const call = { command: "ADD", containerId: "c1", netns: pod.path, ifname };
    result(site.lab.cni({ ...call, config: { ...config, ...more, IPAM: ipam } }));
    expect(link(pod)).toMatchObject({ mtu: 1400, linkinfo: { info_data: { mode: "private" } } });
    expect(addresses(pod)).toMatchObject([{ local: "10.1.0.2" }]);
  });

  it("of the exact spelling are preferred", () => {
    const pod = site.pod();
    site.add(pod, { mtu: 1300, MTU: 1200, Mtu: 1100 });
    expect(link(pod).mtu).toBe(1300);
  });

  it("that nobody knows are ignored, with a word about it", () => {
    const keys = { colour: "green", capabilities: { mac: true }, args: { x: [1] } };
    const { status, stderr } = site.call("ADD", site.pod(), keys);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^macvlan: ignored unknown key "colour".*\n$/),
    });
  });

  it("that are null are as if they were not there", () => {
    const pod = site.pod();
    site.add(pod, { mode: null, mtu: null, mac: null, bcqueuelen: null, runtimeConfig: null });
    expect(link(pod).linkinfo?.info_data).toMatchObject({ mode: "bridge" });
  });
});

describe("a version that the plugin does not speak", () => {
  it.each(["1.2.0", "1.1", "0.9.0", "2.0.0", "1.0.5"])(
    "%s is refused with code 1",
    (cniVersion) => {
      const error = site.refuse(site.pod(), { cniVersion }, [1]);
      expect(`${error.msg} ${error.details}`).toContain(cniVersion);
    },
  );
});
