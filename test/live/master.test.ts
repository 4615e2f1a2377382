import { describe, expect, it } from "vitest";
import { FakeIpam, on, printed } from "./ipam.ts";
import { link, linkNames } from "./kernel.ts";
import { master, useSite } from "./site.ts";

const site = useSite();
const none = { master: undefined };

/** Adds a pod without a `master` and returns the name of the link that it came to hang on. */
function chosen(keys: object = none): string {
  const pod = site.pod();
  site.add(pod, { ...keys });
  const index = link(pod).link_index;
  return linkNames(site.lab).find((name) => link(site.lab, name).ifindex === index) ?? "none";
}

/** Further masters, and default routes as `ip route add` takes them. */
function given(masters: readonly string[], ...routes: readonly string[]): void {
  for (const name of masters) site.lab.addMaster(name);
  for (const route of routes) site.lab.ip(...route.split(" "));
}

describe("without master, the interface of the default route", () => {
  it("is taken", () => {
    given(["lan6"], "route add default dev lan6");
    expect(chosen()).toBe("lan6");
  });

  it("is taken for an empty master too", () => {
    given(["lan6"], "route add default dev lan6");
    expect(chosen({ master: "" })).toBe("lan6");
  });

  it("is that of the lowest metric", () => {
    given(
      ["lan6", "lan7"],
      "route add default dev lan6 metric 300",
      "route add default dev lan7 metric 50",
      `route add default dev ${master} metric 100`,
    );
    expect(chosen()).toBe("lan7");
  });

  it("may be of IPv6 only", () => {
    given(["lan6"], "-6 route add default dev lan6");
    expect(chosen()).toBe("lan6");
  });

  it("is that of IPv4 before that of IPv6", () => {
    given(["lan6", "lan7"], "-6 route add default dev lan6", "route add default dev lan7");
    expect(chosen()).toBe("lan7");
  });

  it("may have several next hops", () => {
    given(["lan6", "lan7"], "route add default nexthop dev lan6 nexthop dev lan7");
    expect(["lan6", "lan7"]).toContain(chosen());
  });

  it("is not one that is down, where another can carry a macvlan", () => {
    given(["lan6", "lan7"], "route add default dev lan6 metric 50");
    given([], "route add default dev lan7 metric 100");
    site.lab.ip("tuntap", "add", "tun0", "mode", "tun");
    site.lab.ip("link", "set", "tun0", "up");
    site.lab.ip("route", "add", "default", "dev", "tun0", "metric", "10");
    expect(chosen()).toBe("lan6");
  });

  it("is looked for in the main table only, and among routes that lead somewhere", () => {
    given(["lan6"], "route add default dev lan6 table 100", "route add unreachable default");
    const { msg } = site.refuse(site.pod(), none, [100]);
    expect(msg).toContain("default route");
    expect(msg).toContain("master");
  });

  it("is missing: refused with code 100, and the message says what to set", () => {
    const { msg } = site.refuse(site.pod(), none, [100]);
    expect(msg).toContain("default route");
    expect(msg).toContain("master");
  });

  it("is of no use: the message names what was considered", () => {
    site.lab.ip("tuntap", "add", "tun0", "mode", "tun");
    site.lab.ip("link", "set", "tun0", "up");
    site.lab.ip("route", "add", "default", "dev", "tun0");
    expect(site.refuse(site.pod(), none, [100]).msg).toContain("tun0");
  });
});

describe("master", () => {
  it("may be an alternative name, short or long", () => {
    const long = "enp5s0f1np1-a-name-longer-than-fifteen";
    for (const name of ["uplink", long])
      site.lab.ip("link", "property", "add", "dev", master, "altname", name);
    expect(chosen({ master: "uplink" })).toBe(master);
    expect(chosen({ master: long })).toBe(master);
  });

  it("may be a bridge", () => {
    site.lab.ip("link", "add", "br0", "type", "bridge");
    site.lab.ip("link", "set", "br0", "up");
    expect(chosen({ master: "br0" })).toBe("br0");
  });

  it("may be a macvlan itself: the new one hangs beside it, and CHECK agrees", () => {
    site.lab.ip("link", "add", "mv0", "link", master, "type", "macvlan", "mode", "bridge");
    site.lab.ip("link", "set", "mv0", "up");
    const pod = site.pod();
    const prevResult = site.add(pod, { master: "mv0" });
    expect(link(pod).link_index).toBe(link(site.lab, master).ifindex);
    site.check(pod, { master: "mv0", prevResult });
  });

  it("may have no carrier", () => {
    given(["lan6"]);
    site.lab.ip("link", "set", "lan6p", "down");
    expect(chosen({ master: "lan6" })).toBe("lan6");
  });

  it("may go down while ADD runs: what is on it has no carrier then", () => {
    given(["lan6"]);
    const down = on("ADD", "ip link set lan6 down");
    const ips = [{ address: "10.1.0.2/24", gateway: "10.1.0.1" }];
    const fake = new FakeIpam(site, [down, printed({ ips, routes: [{ dst: "0.0.0.0/0" }] })]);
    const pod = site.pod();
    site.add(pod, { master: "lan6", ...fake.keys }, fake.options);
    expect(link(pod).flags).toEqual(expect.arrayContaining(["UP", "NO-CARRIER"]));
  });

  it.each(["ens9", "a-name-longer-than-fifteen-characters", "ens5 ", "ENS5", "%s"])(
    'that is missing ("%s") is refused with code 100 and its name',
    (name) => expect(site.refuse(site.pod(), { master: name }, [100]).msg).toContain(`"${name}"`),
  );

  it.each(["../ens5", "a/b"])("with a slash (%s) is refused", (name) => {
    expect(site.refuse(site.pod(), { master: name }, [7, 100]).msg).toContain(name);
  });

  it("that is down is refused with code 100, and the message says so", () => {
    given(["lan6"]);
    site.lab.ip("link", "set", "lan6", "down");
    const { msg } = site.refuse(site.pod(), { master: "lan6" }, [100]);
    expect(msg).toContain("lan6");
    expect(msg).toContain("down");
  });

  it("that is the loopback is refused with code 100", () => {
    expect(site.refuse(site.pod(), { master: "lo" }, [100]).msg).toContain('"lo"');
  });

  it("that has no Ethernet is refused with code 100", () => {
    site.lab.ip("tuntap", "add", "tun0", "mode", "tun");
    site.lab.ip("link", "set", "tun0", "up");
    expect(site.refuse(site.pod(), { master: "tun0" }, [100]).msg).toContain("tun0");
  });

  it("that is the port of a bridge is refused, with the kernel's reason", () => {
    given(["lan6"]);
    site.lab.ip("link", "add", "br0", "type", "bridge");
    site.lab.ip("link", "set", "lan6", "master", "br0");
    const { msg } = site.refuse(site.pod(), { master: "lan6" }, [100, 101]);
    expect(msg).toContain("lan6");
    expect(msg).toContain("EBUSY");
  });

  it.each([5, true, [5], { name: "ens5" }])("of a wrong type (%j): code 6", (value) => {
    expect(site.refuse(site.pod(), { master: value }, [6]).msg).toContain("master");
  });
});
