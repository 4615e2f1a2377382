import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import {
  addAddress,
  createMacvlan,
  type Link,
  type MasterOptions,
  rename,
  setUp,
  type Sim,
  uapi as U,
} from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import { add, config, failure, machine, POD, podLink, refusal, run, succeed } from "./core.ts";

// `master` as a list, a pattern, a MAC address or a subnet, and `masterUp`.

/** A machine with these masters besides eth0. */
function having(masters: Readonly<Record<string, MasterOptions>>): Sim {
  const sim = machine();
  for (const [name, options] of Object.entries(masters)) sim.addMaster(name, options);
  return sim;
}

/** Adds with this `master`, and gives the name of the interface that was chosen. */
function chosen(
  sim: Sim,
  master: unknown,
  keys: Record<string, unknown> = {},
  ifname = "mv0",
): string {
  add(sim, {}, { config: config({ master, ...keys }), ifname });
  return podLink(sim, ifname).lower?.name ?? "none";
}

/** Gives an interface of the host an address. */
function address(sim: Sim, name: string, text: string, prefixLength: number): void {
  const link = sim.host.find(name);
  if (!link) throw new Error(name);
  const bytes = parseIp(text);
  const family = bytes.length === 4 ? U.AF_INET : U.AF_INET6;
  const flags = U.IFA_F_NODAD;
  addAddress(link, { family, bytes, prefixLength, scope: 0, flags, broadcast: undefined });
}

const first = "02:00:00:00:00:a1";
const second = "02:00:00:00:00:a2";

describe("a list of masters:", () => {
  const masters = { ens5: {}, ens6: { up: false }, ens10: { altNames: ["uplink"] } };

  test.each([
    [["ens5", "eth0"], "ens5"],
    [["gone", "ens5"], "ens5"],
    [["ens6", "ens5"], "ens5"],
    [["lo", "eth0"], "eth0"],
    [["uplink"], "ens10"],
    [[...Array(15).fill("gone"), "ens5"], "ens5"],
    [["gone", "ens*"], "ens5"],
    [["ens1*", "ens5"], "ens10"],
    [["10.9.0.0/16", "02:00:00:00:00:01"], "eth0"],
  ])("of %j the first that can be one is taken: %s", (master, name) => {
    expect(chosen(having(masters), master)).toBe(name);
  });

  test("that is no list, or has what is no text, is of a wrong type", () => {
    for (const master of [5, true, {}, [5], [["eth0"]], [null]]) {
      expect(refusal(machine(), { config: config({ master }) }).code).toBe(6);
    }
  });

  test.each([
    [[], /is an empty list/],
    [["eth0", ""], /empty element/],
    [["eth0", "a/b"], /"a\/b", no name and no subnet/],
    [Array(17).fill("eth0"), /more than 16/],
    ["x".repeat(128), /longer than any name/],
    ["ü".repeat(64), /longer than any name/],
    ["01:00:5e:00:00:01", /"01:00:5e:00:00:01", a MAC address that is a multicast/],
    ["192.0.2.0/33", /no subnet/],
    ["192.0.2.0/08", /no subnet/],
  ])("%j is refused", (master, says) => {
    const error = refusal(machine(), { config: config({ master }) });
    expect(error.code).toBe(7);
    expect(error.msg).toMatch(says);
  });

  test("a name may be as long as an alternative one can be", () => {
    const name = "x".repeat(127);
    expect(chosen(having({ ens5: { altNames: [name] } }), name)).toBe("ens5");
  });

  test("none that can be one: each is named with the reason", () => {
    const sim = having({ ...masters, tun0: { hardware: 65534 }, ib0: { hardware: 32 } });
    const master = ["gone", "ens6", "lo", "tun0", "ib0", "wl*"];
    const { code, msg, details } = refusal(sim, { config: config({ master }) });
    expect(code).toBe(100);
    for (const says of ['"gone" means no interface', '"ens6" is down', '"lo" is a loopback']) {
      expect(msg).toContain(says);
    }
    expect(msg).toMatch(/"tun0" is no Ethernet.*"ib0" is an InfiniBand.*"wl\*" means no interface/);
    expect(details).toMatch(/#no-interface-is-selected$/);
  });

  test("of many that can not be one, some are named", () => {
    const down = Array.from({ length: 90 }, (_, i) => [`down${i}`, { up: false }] as const);
    const { msg } = refusal(having(Object.fromEntries(down)), { config: config({ master: "d*" }) });
    expect(msg).toMatch(/"down0" is down; "down1" is down; .*; and \d+ more$/);
    const named = msg.match(/is down/g)?.length ?? 0;
    expect(msg).toContain(`; and ${90 - named} more`);
    expect(msg.length).toBeLessThan(900);
  });
});

describe("a pattern", () => {
  test.each([
    ["ens*", "ens2"],
    ["ens1?", "ens10"],
    ["ens[!2]*", "ens10"],
    ["*", "ens2"],
    ["enp?s0", "ens10"],
    ["ens[", "ens["],
  ])("%s takes the first by the order of names: %s", (master, name) => {
    const altNames = ["enp9s0"];
    const sim = having({ ens10: { altNames }, ens2: {}, ens11: {}, "ens[": {}, zz0: {} });
    expect(chosen(sim, master)).toBe(name);
  });

  test("that is the name of an interface means that one alone", () => {
    const sim = having({ ens2: {}, "ens*": {} });
    expect(chosen(sim, "ens*")).toBe("ens*");
    expect(chosen(having({ a: { altNames: ["e*"] } }), "e*")).toBe("a");
  });

  test("passes over what is on a master, or the port of one", () => {
    const sim = having({ br0: { kind: "bridge" }, vrf0: { kind: "vrf" } });
    const lower = sim.host.find("eth0");
    const controller = sim.host.find("br0");
    sim.addMaster("a1", { controller: controller as Link });
    createMacvlan(sim.host, { name: "a2", lower }).up = true;
    sim.addMaster("a4", { controller: sim.host.find("vrf0") as Link });
    const { msg } = refusal(sim, { config: config({ master: ["a[1-3]"] }) });
    expect(msg).toContain('"a1" is a port of a bridge; "a2" is a macvlan');
    expect(chosen(sim, "a*")).toBe("a4");
    expect(chosen(sim, ["a1", "a2"], {}, "mv1")).toBe("eth0");
  });

  test("passes over what is too small for the MTU", () => {
    const sim = having({ ens1: {}, ens2: { mtu: 9000 } });
    expect(chosen(sim, "ens*", { mtu: 4000 })).toBe("ens2");
    expect(chosen(sim, "ens*", { mtu: 1500 }, "mv1")).toBe("ens1");
    const { msg } = refusal(sim, { config: config({ master: "ens1*", mtu: 4000 }) });
    expect(msg).toContain('"ens1" has MTU 1500');
  });

  test("costs no question more than a name, whatever the number of interfaces", () => {
    const count = (master: unknown) => {
      let sent = 0;
      const sim = having({ ens1: {}, ens2: {}, ens3: {} });
      const wrap = (system: System) => {
        const confined = confine(system);
        const send: System["send"] = (...words) => {
          sent++;
          return confined.send(...words);
        };
        return { ...confined, send };
      };
      expect(run(sim, { config: config({ master }), wrap }).status).toBe(0);
      return sent;
    };
    const byName = count("ens1");
    expect(count("ens*")).toBe(byName);
    expect(count(["gone", "eno*", "02:00:00:00:00:01"])).toBe(byName);
  });
});

describe("a MAC address", () => {
  test.each([first, "02-00-00-00-00-A1", "0200.0000.00a1"])("%s is that of an interface", (mac) => {
    expect(chosen(having({ ens5: { mac: first } }), mac)).toBe("ens5");
  });

  test("may be the one that the card was made with", () => {
    expect(chosen(having({ ens5: { mac: second, permanentMac: first } }), first)).toBe("ens5");
  });

  test("means the bond and not its ports, the card and not its VLANs", () => {
    const sim = having({ bond0: { kind: "bond", mac: first }, zcard: { mac: second } });
    sim.addMaster("a1", { mac: first, controller: sim.host.find("bond0") as Link });
    sim.addMaster("lan", { mac: second, kind: "vlan", lower: sim.host.find("zcard") as Link });
    expect(chosen(sim, first)).toBe("bond0");
    expect(chosen(sim, second, {}, "mv1")).toBe("zcard");
    expect(chosen(sim, "lan", {}, "mv2")).toBe("lan");
    address(sim, "lan", "192.0.2.1", 24);
    expect(chosen(sim, "192.0.2.0/24", {}, "mv3")).toBe("lan");
  });

  test("that is the name of an interface means that one", () => {
    const sim = having({ ens5: { mac: first }, ens6: { altNames: [first] } });
    expect(chosen(sim, first)).toBe("ens6");
    expect(chosen(having({ "0200.0000.00a1": {} }), "0200.0000.00a1")).toBe("0200.0000.00a1");
    expect(chosen(having({ "be-ef": {} }), "be-ef")).toBe("be-ef");
  });
});

describe("a subnet", () => {
  test.each([
    ["192.0.2.0/24", "ens5"],
    ["192.0.2.77/24", "ens5"],
    ["192.0.2.0/25", "ens6"],
    ["2001:db8::/64", "ens6"],
    ["0.0.0.0/0", "ens5"],
  ])("%s is that of an address of %s", (master, name) => {
    const sim = having({ ens4: {}, ens5: {}, ens6: {} });
    address(sim, "ens5", "192.0.2.200", 25);
    address(sim, "ens6", "192.0.2.7", 25);
    address(sim, "ens6", "2001:db8::6", 64);
    expect(chosen(sim, master)).toBe(name);
  });

  test("that nothing has an address of", () => {
    const { code, msg } = refusal(machine(), { config: config({ master: "192.0.2.0/24" }) });
    expect(code).toBe(100);
    expect(msg).toContain('"192.0.2.0/24" means no interface');
  });
});

describe("inside the container", () => {
  test("selections look there, and that the name is taken is found all the same", () => {
    const sim = machine();
    sim.addMaster("mv0", { mac: first }, sim.netns(POD));
    const inner = sim.addMaster("net1", {}, sim.netns(POD));
    const own = config({ linkInContainer: true, master: "mv*" });
    expect(refusal(sim, { config: own }).code).toBe(102);
    expect(chosen(sim, "*1", { linkInContainer: true }, "mv1")).toBe(inner.name);
  });
});

describe("masterUp", () => {
  const down = { ens5: { up: false }, ens6: { up: false } };
  const masterUp = true;

  test.each(["ens5", "ens*", ["gone", "ens5"]])("sets up what is down: %j", (master) => {
    const sim = having(down);
    expect(chosen(sim, master, { masterUp })).toBe("ens5");
    expect(sim.host.find("ens5")?.up).toBe(true);
    expect(sim.host.find("ens6")?.up).toBe(false);
  });

  test("does so in the container", () => {
    const sim = machine();
    sim.addMaster("ens5", { up: false }, sim.netns(POD));
    expect(chosen(sim, "ens5", { masterUp, linkInContainer: true })).toBe("ens5");
  });

  test("false: nothing is set up", () => {
    for (const keys of [{}, { masterUp: false }]) {
      const error = refusal(having(down), { config: config({ master: "ens5", ...keys }) });
      expect(error.msg).toBe('master "ens5" is down');
    }
  });

  test("asks for nothing where the master is up", () => {
    const sim = machine();
    sim.refuse({ type: U.RTM_SETLINK, skip: 1, errno: U.EIO });
    add(sim, { masterUp });
  });

  test("that the kernel refuses is code 100, and nothing is changed", () => {
    const sim = having(down);
    sim.refuse({ type: U.RTM_SETLINK, errno: U.EPERM });
    const error = refusal(sim, { config: config({ master: "ens5", masterUp }) });
    expect(error.code).toBe(100);
    expect(error.msg).toMatch(/^set master "ens5" up: EPERM/);
  });

  test("the master stays up after a failed ADD, and after DEL: others may be on it", () => {
    const sim = having(down);
    const keys = config({ master: "ens5", masterUp, mac: "02:00:00:00:00:77" });
    sim.refuse({ type: U.RTM_NEWLINK, errno: U.EIO });
    expect(run(sim, { config: keys }).status).toBe(1);
    expect(sim.host.find("ens5")?.up).toBe(true);
    add(sim, keys);
    succeed(sim, "DEL", { config: keys });
    expect(sim.host.find("ens5")?.up).toBe(true);
  });

  test("STATUS changes nothing, and succeeds", () => {
    const sim = having(down);
    const before = sim.snapshot();
    succeed(sim, "STATUS", { config: config({ master: "ens5", masterUp }) });
    expect(sim.snapshot()).toEqual(before);
  });
});

describe("CHECK of a selection", () => {
  /** Adds on what `master` chooses, does something, and calls CHECK. */
  function checked(master: unknown, change: (sim: Sim) => void, sim = having({ ens5: {} })) {
    const prevResult = add(sim, { master });
    change(sim);
    return run(sim, { command: "CHECK", config: config({ master, prevResult }) });
  }

  test.each([
    ["another that would be chosen now", (sim: Sim) => sim.addMaster("ens1")],
    ["the master down", (sim: Sim) => setUp(sim.host.find("ens5") as Link, false)],
    ["an alternative name more", (sim: Sim) => sim.host.find("ens5")?.altNames.push("enx")],
  ])("finds no difference in %s", (_, change) => {
    expect(checked("ens*", change)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(checked(["a", "ens5", "eth0"], change)).toMatchObject({ status: 0, stderr: "" });
  });

  test("finds a master that is not meant, and says what is", () => {
    const rename2 = (sim: Sim) => {
      rename(sim.host.find("ens5") as Link, "lan0");
      for (let i = 0; i < 12; i++) sim.addMaster(`ens${i}`);
    };
    const { code, msg } = failure(checked("ens*", rename2));
    expect(code).toBe(107);
    expect(msg).toMatch(/^"mv0" is on master "lan0", not on "ens0", .*"ens7"$/);
  });

  test("only notes that nothing is meant any more", () => {
    const outcome = checked("ens*", (sim) => rename(sim.host.find("ens5") as Link, "lan0"));
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain('"mv0" is on master "lan0", and "master" means no interface');
  });

  test("accepts a subnet, a MAC address, and a macvlan by its name", () => {
    const sim = having({ ens5: { mac: first } });
    address(sim, "ens5", "192.0.2.1", 24);
    for (const master of ["192.0.2.0/24", first]) {
      expect(checked(master, () => {}, sim).stderr).toBe("");
      succeed(sim, "DEL");
    }
    createMacvlan(sim.host, { name: "mv9", lower: sim.host.find("ens5") }).up = true;
    expect(checked(["mv9", "eth0"], () => {}, sim)).toMatchObject({ status: 0, stderr: "" });
  });

  test("takes no failure to list the interfaces for a difference", () => {
    const refuse = (sim: Sim) => sim.refuse({ type: U.RTM_GETLINK, skip: 2, errno: U.EIO });
    expect(failure(checked("ens*", refuse)).code).toBe(108);
  });
});
