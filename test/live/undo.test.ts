import { describe, expect, it } from "vitest";
import { cniExec } from "../../lab/cni.ts";
import { FakeIpam, lease, printed } from "./ipam.ts";
import { link, linkNames } from "./kernel.ts";
import { ifname, master, useSite } from "./site.ts";

const site = useSite();

/** An IPAM plugin whose result is not the usual one. */
function given(change: object): FakeIpam {
  return new FakeIpam(site, [printed({ ...lease, ...change })]);
}

/** A failing step, what IPAM says, further keys, and the codes of the failure. */
const steps: ReadonlyArray<readonly [string, object, object, number[]]> = [
  ["an address twice", { ips: [lease.ips[0], lease.ips[0]] }, {}, [103, 106]],
  ["the second address", { ips: [lease.ips[0], { address: "::/64" }] }, {}, [103, 106]],
  ["a multicast address", { ips: [lease.ips[0], { address: "ff02::1/64" }] }, {}, [103, 106]],
  [
    "a route whose gateway is not on the link",
    { routes: [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }] },
    {},
    [103],
  ],
  [
    "the second route",
    { routes: [{ dst: "10.8.0.0/16" }, { dst: "10.9.0.0/16", gw: "10.77.0.1" }] },
    {},
    [103],
  ],
  ["an IPv6 route", { routes: [{ dst: "fd00:9::/32", gw: "fd00:77::1" }] }, {}, [103]],
  ["IPv6 on a small MTU", {}, { mtu: 1200 }, [7, 103]],
  ["no address", { ips: [] }, {}, [106]],
];

describe("a failed ADD takes everything back and gives the lease back:", () => {
  it.each(steps)("%s", (_, change, keys, codes) => {
    const fake = given(change);
    site.refuse(site.pod(), { ...fake.keys, ...keys }, codes, fake.options);
    expect(fake.calls).toEqual(["ADD", "DEL"]);
  });

  it("the link cannot come up: the MAC address is the master's", () => {
    const fake = given({});
    const { address } = link(site.lab, master);
    site.refuse(site.pod(), { ...fake.keys, mac: address }, [101, 103], fake.options);
    expect([[], ["ADD", "DEL"]]).toContainEqual(fake.calls);
  });

  it("the address is a duplicate", () => {
    site.segment.ip("addr", "add", "fd00:1::2/64", "dev", "lan", "nodad");
    const fake = given({});
    site.refuse(site.pod(), fake.keys, [104], fake.options);
    site.segment.ip("addr", "del", "fd00:1::2/64", "dev", "lan");
    expect(fake.calls).toEqual(["ADD", "DEL"]);
  });

  it("the result cannot be printed, because the disk is full", () => {
    const fake = given({});
    const pod = site.pod();
    const config = site.config(fake.keys);
    const call = { command: "ADD", containerId: "c1", netns: pod.path, ifname, config };
    const { argv, options } = cniExec({ ...call, ...fake.options });
    const shell = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
    const output = site.unchanged(() => site.lab.exec([...shell, ...argv], options));
    expect(output.status).toBe(1);
    expect(output.stderr).toContain("ENOSPC");
    expect(fake.calls).toEqual(["ADD", "DEL"]);
  });

  it("the reader of standard output is gone", () => {
    const fake = given({});
    const pod = site.pod();
    const config = site.config(fake.keys);
    const call = { command: "ADD", containerId: "c1", netns: pod.path, ifname, config };
    const { argv, options } = cniExec({ ...call, ...fake.options });
    const shell = ["sh", "-c", '("$@"; echo "status $?" >&2) | true', "sh"];
    const output = site.unchanged(() => site.lab.exec([...shell, ...argv], options));
    expect(output.stderr).toContain("status 1");
    expect(fake.calls).toEqual(["ADD", "DEL"]);
  });
});

describe("a failed ADD", () => {
  it("can be tried again at once, with what was wrong put right", () => {
    const pod = site.pod();
    const fake = given({ routes: [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }] });
    const mac = "02:00:00:00:00:01";
    site.refuse(pod, { ...fake.keys, mac }, [103], fake.options);
    const right = given({});
    site.add(pod, { ...right.keys, mac }, right.options);
  });

  it("that found the name taken does not touch what is there, nor ask IPAM", () => {
    const pod = site.pod();
    pod.ip("link", "add", ifname, "type", "bridge");
    const fake = given({});
    site.refuse(pod, fake.keys, [102], fake.options);
    expect(fake.calls).toEqual([]);
    expect(linkNames(pod)).toEqual([ifname]);
  });

  it("followed by the runtime's DEL leaves nothing, and that DEL succeeds", () => {
    const pod = site.pod();
    const fake = given({ ips: [] });
    site.unchanged(() => {
      site.call("ADD", pod, fake.keys, fake.options);
      site.del(pod, fake.keys, fake.options);
    });
    expect(fake.calls).toEqual(["ADD", "DEL", "DEL"]);
  });

  it("that was killed while it waited is cleared up by DEL", async () => {
    const pod = site.pod();
    const fake = new FakeIpam(site, ['[ "$CNI_COMMAND" = ADD ] && sleep 30 || true']);
    const config = site.config(fake.keys);
    const call = { command: "ADD", containerId: "c1", netns: pod.path, ifname, config };
    const { argv, options } = cniExec({ ...call, ...fake.options });
    const running = site.lab.start(argv, options);
    while (!linkNames(pod).includes(ifname)) await new Promise((done) => setTimeout(done, 20));
    expect((await running.stop("SIGKILL")).signal).toBe("SIGKILL");
    site.del(pod, fake.keys, fake.options);
    expect(linkNames(pod)).toEqual([]);
  });
});
