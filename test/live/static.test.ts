import { describe, expect, it } from "vitest";
import { CNI_VERSIONS, type CniVersion, resultSchema } from "../../host/schema/index.ts";
import { staticProgram } from "../../lab/paths.ts";
import { addresses } from "./kernel.ts";
import { failure, ownFailure, silent } from "./outcome.ts";
import { type Config, ifname, useSite } from "./site.ts";

const site = useSite();

/** Calls the static IPAM by itself, as another plugin would. */
function call(command: string, ipam: object, keys: Config = {}, args?: string) {
  const config = { cniVersion: "1.1.0", name: "live", ipam: { type: "static", ...ipam }, ...keys };
  const container = { containerId: "c1", netns: "/run/netns/any", ifname };
  const more = args === undefined ? {} : { args };
  return site.lab.cni({ program: staticProgram, command, ...container, ...more, config });
}

/** The addresses of an ADD that must succeed, with gateways behind a space. */
function gives(ipam: object, keys: Config = {}, args?: string): string[] {
  const output = call("ADD", ipam, keys, args);
  expect(output).toMatchObject({ status: 0, stderr: "" });
  const { ips } = output.json as { ips?: { address: string; gateway?: string }[] };
  return (ips ?? []).map(({ address, gateway }) => (gateway ? `${address} ${gateway}` : address));
}

const one = { addresses: [{ address: "10.1.0.2/24", gateway: "10.1.0.1" }] };

describe("static", () => {
  it.each(CNI_VERSIONS)("answers in version %s", (cniVersion: CniVersion) => {
    const ipam = {
      addresses: [...one.addresses, { address: "fd00:1::2/64" }],
      routes: [{ dst: "0.0.0.0/0" }, { dst: "fd00:9::/32", gw: "fd00:1::1" }],
      dns: { nameservers: ["10.1.0.53"], domain: "a.test", search: ["b.test"], options: ["x"] },
    };
    const { status, json } = call("ADD", ipam, { cniVersion });
    expect(status).toBe(0);
    expect(json).toEqual(resultSchema(cniVersion).parse(json));
    expect(JSON.stringify(json)).toContain("fd00:1::1");
    expect(JSON.stringify(json)).toContain("10.1.0.53");
  });

  it("gives what the configuration says", () => {
    expect(gives(one)).toEqual(["10.1.0.2/24 10.1.0.1"]);
  });

  it("adds those of CNI_ARGS, each with the gateway of its subnet", () => {
    const args = "IP=10.2.0.2/24, fd00:2::2/64;GATEWAY=10.2.0.1,fd00:2::1";
    expect(gives(one, {}, args)).toEqual([
      "10.1.0.2/24 10.1.0.1",
      "10.2.0.2/24 10.2.0.1",
      "fd00:2::2/64 fd00:2::1",
    ]);
  });

  it("takes those of args.cni.ips in their place", () => {
    expect(gives(one, { args: { cni: { ips: ["10.3.0.2/24"] } } })).toEqual(["10.3.0.2/24"]);
  });

  it("takes those of runtimeConfig.ips in the place of all others", () => {
    const keys = {
      args: { cni: { ips: ["10.3.0.2/24"] } },
      runtimeConfig: { ips: ["10.4.0.2/24"] },
    };
    expect(gives(one, keys, "IP=10.2.0.2/24")).toEqual(["10.4.0.2/24"]);
  });

  it("gives none where there are none, from 0.3.0 on", () => {
    expect(gives({ addresses: [] })).toEqual([]);
  });

  it.each([
    ["no prefix", { addresses: [{ address: "10.1.0.2" }] }, "10.1.0.2"],
    ["no address", { addresses: [{ address: "zz/8" }] }, "zz/8"],
    ["a prefix too long", { addresses: [{ address: "10.1.0.2/33" }] }, "10.1.0.2/33"],
    ["a leading zero", { addresses: [{ address: "10.01.0.2/24" }] }, "10.01.0.2/24"],
    ["a bad gateway", { addresses: [{ address: "10.1.0.2/24", gateway: "zz" }] }, "zz"],
    ["no address at all", { addresses: [{}] }, "address"],
  ])("refuses %s with code 7 and the value", (_, ipam, says) => {
    expect(ownFailure(call("ADD", ipam), 7).msg).toContain(says);
  });

  it.each([
    ["addresses as a text", { addresses: "10.1.0.2/24" }],
    ["an address as a number", { addresses: [{ address: 5 }] }],
    ["routes as an object", { routes: {} }],
  ])("refuses %s with code 6", (_, ipam) => void ownFailure(call("ADD", ipam), 6));

  it.each(["IP=10.2.0.2", "IP=zz", "GATEWAY=zz", "FOO=bar", "IP"])(
    "refuses CNI_ARGS %s",
    (args) => {
      ownFailure(call("ADD", one, {}, args), 4, 7);
    },
  );

  it("refuses two addresses of one family before 0.3.0", () => {
    const addresses = [{ address: "10.1.0.2/24" }, { address: "10.1.0.3/24" }];
    ownFailure(call("ADD", { addresses }, { cniVersion: "0.2.0" }), 7);
  });

  it("has nothing to do at DEL and GC, whatever the configuration", () => {
    for (const command of ["DEL", "GC"]) {
      silent(call(command, one));
      silent(call(command, { addresses: [{ address: "zz" }] }));
    }
  });

  it("is ready if its configuration is good", () => {
    silent(call("STATUS", one));
    ownFailure(call("STATUS", { addresses: [{ address: "zz" }] }), 7, 50);
  });

  it("finds at CHECK what is not as prevResult says", () => {
    const prevResult = { cniVersion: "1.1.0", ips: one.addresses };
    silent(call("CHECK", one, { prevResult }));
    const moved = { cniVersion: "1.1.0", ips: [{ address: "10.1.0.2/24", gateway: "10.1.0.9" }] };
    expect(ownFailure(call("CHECK", one, { prevResult: moved }), 107).msg).toContain("10.1.0.2/24");
    ownFailure(call("CHECK", one, { prevResult: { cniVersion: "1.1.0" } }), 107);
    expect(ownFailure(call("CHECK", one), 7).msg).toContain("prevResult");
  });

  it("keeps the rules of the protocol", () => {
    failure(call("ADD", one, { cniVersion: "9.9.9" }), 1);
    failure(call("ADD", one, { name: "a/b" }), 7);
    failure(call("FOO", one), 4);
  });
});

describe("static as the IPAM of macvlan", () => {
  it("shares CNI_ARGS with it: one takes the MAC address, the other the IP addresses", () => {
    const pod = site.pod();
    const args = "MAC=02:00:00:00:00:05;IP=10.2.0.2/24;GATEWAY=10.2.0.1";
    const made = site.add(pod, { ipam: { type: "static" } }, { args });
    expect(made.interfaces?.[0]?.mac).toBe("02:00:00:00:00:05");
    expect(made.ips).toEqual([{ interface: 0, address: "10.2.0.2/24", gateway: "10.2.0.1" }]);
    expect(addresses(pod)).toMatchObject([{ local: "10.2.0.2" }]);
  });

  it("takes the addresses that the runtime asks for", () => {
    const pod = site.pod();
    const runtimeConfig = { ips: ["10.4.0.2/24", "fd00:4::2/64"] };
    site.add(pod, { ipam: { type: "static", ...one }, runtimeConfig });
    expect(addresses(pod).map(({ local }) => local)).toEqual(["10.4.0.2", "fd00:4::2"]);
  });
});
