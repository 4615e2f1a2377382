import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CNI_VERSIONS } from "../../host/schema/index.ts";
import { FakeIpam, lease, on, printed, staticIpam } from "./ipam.ts";
import { addresses, linkNames, routes } from "./kernel.ts";
import { failure, silent } from "./outcome.ts";
import { ifname, master, useSite } from "./site.ts";

const site = useSite();
const ipam = staticIpam(["10.1.0.2/24 10.1.0.1", "fd00:1::2/64"], [{ dst: "0.0.0.0/0" }]);

describe("DEL", () => {
  it.each(CNI_VERSIONS)("leaves nothing of an ADD, at version %s", (cniVersion) => {
    const pod = site.pod();
    const keys = { ...ipam, cniVersion };
    site.unchanged(() => {
      site.add(pod, keys);
      site.del(pod, keys);
    });
  });

  it("leaves nothing of an ADD of layer 2 only", () => {
    const pod = site.pod();
    site.unchanged(() => {
      site.add(pod);
      site.del(pod);
    });
  });

  it("succeeds again and again, and where there never was an ADD", () => {
    const pod = site.pod();
    site.add(pod, ipam);
    for (let i = 0; i < 3; i++) site.del(pod, ipam);
    site.del(site.pod(), ipam);
  });

  it("lets the same ADD succeed at once", () => {
    const pod = site.pod();
    const keys = { ...ipam, mac: "02:00:00:00:00:01" };
    for (let i = 0; i < 3; i++) {
      site.add(pod, keys);
      site.del(pod, keys);
    }
  });

  it("removes the interface of its name only", () => {
    const pod = site.pod();
    site.add(pod, ipam);
    site.add(pod, staticIpam(["10.2.0.2/24"]), { ifname: "net1" });
    site.del(pod, ipam);
    expect(linkNames(pod)).toEqual(["net1"]);
    expect(addresses(pod, "net1")).toMatchObject([{ local: "10.2.0.2" }]);
    expect(routes(pod, 4)).toEqual([]);
  });
});

describe("DEL succeeds where", () => {
  it("CNI_NETNS is empty, or not there", () => {
    silent(site.call("DEL", site.pod(), ipam, { netns: "" }));
    silent(site.lab.cni({ command: "DEL", containerId: "c1", ifname, config: site.config(ipam) }));
  });

  it("the namespace is gone", () => {
    silent(site.call("DEL", site.pod(), ipam, { netns: "/run/netns/gone" }));
  });

  it("the namespace's file is stale: a plain file", () => {
    const path = join(site.directory("stale"), "netns");
    writeFileSync(path, "");
    silent(site.call("DEL", site.pod(), ipam, { netns: path }));
    silent(site.call("DEL", site.pod(), ipam, { netns: `${path}/below` }));
  });

  it("the master is gone", () => {
    const pod = site.pod();
    site.lab.addMaster("lan6");
    site.add(pod, { ...ipam, master: "lan6" });
    site.lab.ip("link", "del", "lan6");
    expect(linkNames(pod)).toEqual([]);
    site.del(pod, { ...ipam, master: "lan6" });
  });

  it("there is no default route to choose a master by", () => {
    const pod = site.pod();
    site.add(pod, ipam);
    site.del(pod, { ...ipam, master: undefined });
    expect(linkNames(pod)).toEqual([]);
  });

  it.each([
    ["missing", undefined],
    ["null", null],
    ["empty", {}],
    ["of another version", { cniVersion: "0.4.0", ips: [{ version: "4", address: "1.2.3.4/8" }] }],
    ["broken", { cniVersion: "9.9.9", ips: "none" }],
    ["no object", "text"],
  ])("prevResult is %s", (_, prevResult) => {
    const pod = site.pod();
    site.add(pod, ipam);
    site.del(pod, { ...ipam, prevResult });
    expect(linkNames(pod)).toEqual([]);
  });

  it("the configuration has changed since ADD to one that ADD would refuse", () => {
    const pod = site.pod();
    site.add(pod);
    site.call("DEL", pod, { mode: "none", mtu: 100000, mac: "zz", master: "gone" });
    expect(linkNames(pod)).toEqual([]);
  });
});

describe("DEL removes a macvlan only:", () => {
  it.each(["bridge", "veth"])("a %s of that name stays", (type) => {
    const pod = site.pod();
    pod.ip("link", "add", ifname, "type", type);
    site.call("DEL", pod, ipam);
    expect(linkNames(pod)).toContain(ifname);
  });

  it("the loopback stays", () => {
    const pod = site.pod();
    site.call("DEL", pod, {}, { ifname: "lo" });
    expect(pod.ip("link", "show", "lo")).toContain("LOOPBACK");
  });

  it("a link of that name in the lab stays", () => {
    const pod = site.pod();
    site.unchanged(() => site.del(pod, {}, { ifname: master }));
  });
});

describe("DEL and IPAM", () => {
  const see = 'nsenter --net="$CNI_NETNS" ip link show "$CNI_IFNAME" > "$kept/seen" 2>&1';

  it("removes the link before the lease, so that no free address still answers", () => {
    const pod = site.pod();
    const fake = new FakeIpam(site, [
      printed(lease),
      on("DEL", `${see}; cp "$kept/seen" "$0.log"`),
    ]);
    site.add(pod, fake.keys, fake.options);
    site.del(pod, fake.keys, fake.options);
    expect(fake.calls).toEqual(["ADD", "DEL"]);
    expect(site.lab.run(["cat", `${fake.directory}/seen`])).toContain("does not exist");
  });

  it("with dhcp the other way round: its daemon needs the link", () => {
    const pod = site.pod();
    const fake = new FakeIpam(site, [printed(lease), on("DEL", see)], "dhcp");
    site.add(pod, fake.keys, fake.options);
    site.del(pod, fake.keys, fake.options);
    expect(site.lab.run(["cat", `${fake.directory}/seen`])).toContain(`${ifname}@`);
    expect(linkNames(pod)).toEqual([]);
  });

  it.each(["fake", "dhcp"])(
    "removes the link although IPAM (%s) fails, and reports that",
    (type) => {
      const pod = site.pod();
      const error = { code: 123, msg: "no database", details: "try later" };
      const says = `printf '%s' '${JSON.stringify(error)}'; exit 1`;
      const fake = new FakeIpam(site, [printed(lease), on("DEL", says)], type);
      site.add(pod, fake.keys, fake.options);
      const reported = failure(site.call("DEL", pod, fake.keys, fake.options), 123);
      expect(reported).toMatchObject({ ...error, cniVersion: "1.1.0" });
      expect(linkNames(pod)).toEqual([]);
    },
  );

  it("removes the link although IPAM is missing, and reports that", () => {
    const pod = site.pod();
    site.add(pod);
    failure(site.call("DEL", pod, { ipam: { type: "absent" } }), 105);
    expect(linkNames(pod)).toEqual([]);
  });

  it("releases the lease although the namespace is gone", () => {
    const fake = new FakeIpam(site);
    site.del(site.pod(), fake.keys, { ...fake.options, netns: "/run/netns/gone" });
    site.del(site.pod(), fake.keys, { ...fake.options, netns: "" });
    expect(fake.calls).toEqual(["DEL", "DEL"]);
  });

  it("does not ask IPAM where there is none", () => {
    site.del(site.pod(), { ipam: { type: "" } }, { path: "" });
  });
});
