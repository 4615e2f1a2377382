import { beforeEach, describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { link, linkNames, reaches } from "./kernel.ts";
import { ownFailure, silent } from "./outcome.ts";
import { type Config, master, needs, useSite } from "./site.ts";

const site = useSite();

/** Adds a pod, and gives the name of the link that it came to hang on. */
function chosen(keys: Config): string {
  const pod = site.pod();
  const prevResult = site.add(pod, keys);
  site.check(pod, { ...keys, prevResult });
  const index = link(pod).link_index;
  return linkNames(site.lab).find((name) => link(site.lab, name).ifindex === index) ?? "none";
}

const mac = (name: string) => link(site.lab, name).address;

beforeEach(() => {
  for (const name of ["lan10", "lan9"]) site.lab.addMaster(name);
});

describe("master", () => {
  it.each([
    ["lan*", "lan9"],
    ["lan1?", "lan10"],
    ["*[0-4]", "lan10"],
    [["gone", "lan10", "lan9"], "lan10"],
    [["gone", "ens[0-9]", "lan*"], master],
    [["lo", "lan*p", "lan9"], "lan9p"],
  ])("%j is %s", (selector, name) => expect(chosen({ master: selector })).toBe(name));

  it("may be a MAC address", () => {
    expect(chosen({ master: mac("lan10") })).toBe("lan10");
    expect(chosen({ master: ["02:00:00:00:00:ff", mac("lan9").toUpperCase()] })).toBe("lan9");
  });

  it("may be a subnet of IPv4 or IPv6", () => {
    site.lab.ip("addr", "add", "192.0.2.200/24", "dev", "lan10");
    site.lab.ip("addr", "add", "2001:db8::1/64", "dev", "lan9", "nodad");
    expect(chosen({ master: "192.0.2.0/24" })).toBe("lan10");
    expect(chosen({ master: "192.0.2.192/26" })).toBe("lan10");
    expect(chosen({ master: ["192.0.2.0/25", "2001:db8::/64"] })).toBe("lan9");
  });

  it("may be a pattern of alternative names; a text that is a name means that one", () => {
    const altname = (name: string, text: string) =>
      site.lab.ip("link", "property", "add", "dev", name, "altname", text);
    altname("lan10", "uplink-to-the-storage-network");
    expect(chosen({ master: "uplink-*" })).toBe("lan10");
    altname("lan10", "l*");
    expect(chosen({ master: "l*" })).toBe("lan10");
    altname("lan10", mac("lan9"));
    expect(chosen({ master: mac("lan9") })).toBe("lan10");
  });

  it("passes over ports, what is down, and macvlans, and says why", () => {
    site.lab.ip("link", "add", "br0", "type", "bridge");
    site.lab.ip("link", "set", "lan9", "master", "br0");
    for (const name of ["lan10", "lan10p"]) site.lab.ip("link", "set", name, "down");
    site.lab.ip("link", "add", "lanx", "link", master, "type", "macvlan");
    site.lab.ip("link", "set", "lanx", "up");
    const selector = ["lan[0-9]", "lan10*", "lanx*"];
    expect(chosen({ master: [...selector, master] })).toBe(master);
    const { msg, details } = site.refuse(site.pod(), { master: selector }, [100]);
    expect(msg).toContain('"lan9" is a port of a bridge; "lan10" is down; "lan10p" is down');
    expect(msg).toContain('"lanx" is a macvlan');
    expect(details).toContain("#no-interface-is-selected");
    const status = site.lab.cni({ command: "STATUS", config: site.config({ master: selector }) });
    expect(ownFailure(status, 50).msg).toBe(msg);
    silent(site.lab.cni({ command: "STATUS", config: site.config({ master: "lan9p" }) }));
  });

  it("is looked for in the container with linkInContainer", () => {
    const pod = site.pod();
    site.lab.ip("link", "set", "lan9", "netns", pod.name);
    pod.ip("link", "set", "lan9", "up");
    site.add(pod, { master: "l*9", linkInContainer: true });
    expect(link(pod).link_index ?? link(pod, "lan9").ifindex).toBe(link(pod, "lan9").ifindex);
  });
});

describe("CHECK", () => {
  it("accepts a master that would not be chosen now, and finds one that is not meant", () => {
    const pod = site.pod();
    const keys = { master: ["lan*"] };
    const prevResult = site.add(pod, keys);
    site.lab.addMaster("lan1");
    site.check(pod, { ...keys, prevResult });
    const call = () => site.call("CHECK", pod, { ...keys, master: "lan1*", prevResult });
    expect(ownFailure(call(), 107).msg).toMatch(
      /on master "lan9", not on "lan1", "lan1p", "lan10"/,
    );
    const gone = site.call("CHECK", pod, { ...keys, master: "wan*", prevResult });
    expect(gone).toMatchObject({ status: 0, stdout: "" });
    expect(gone.stderr).toContain("means no interface any more");
  });
});

describe("masterUp", () => {
  needs("ping");
  const masterUp = true;
  const isUp = (name: string) => link(site.lab, name).flags.includes("UP");

  it("sets a master up, that carries then", () => {
    site.lab.ip("link", "set", "lan9", "down");
    const pod = site.pod();
    site.add(pod, { master: "lan[89]", masterUp, ...staticIpam(["10.1.0.2/24"]) });
    expect(isUp("lan9")).toBe(true);
    site.lab.ip("addr", "add", "10.1.0.1/24", "dev", "lan9p");
    expect(reaches(pod, "10.1.0.1")).toBe(true);
    site.del(pod, { master: "lan[89]", masterUp });
    expect(isUp("lan9")).toBe(true);
  });

  it("is not needed by STATUS, which changes nothing", () => {
    site.lab.ip("link", "set", "lan9", "down");
    const config = site.config({ master: "lan9", masterUp });
    silent(site.lab.cni({ command: "STATUS", config }));
    expect(isUp("lan9")).toBe(false);
  });

  it("sets up a master in the container", () => {
    const pod = site.pod();
    site.lab.ip("link", "set", "lan9", "netns", pod.name);
    site.add(pod, { master: "lan9", masterUp, linkInContainer: true });
    expect(link(pod, "lan9").flags).toContain("UP");
  });

  it("leaves it up when ADD fails later", () => {
    site.lab.ip("link", "set", "lan9", "down");
    const ipam = staticIpam(["10.1.0.2/24"], [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }]);
    site.fail(site.pod(), { master: "lan9", masterUp, ...ipam }, [103]);
    expect(isUp("lan9")).toBe(true);
  });
});
