import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { addAddress, createMacvlan, type Netns, setUp, Sim } from "../../host/sim/index.ts";
import { describeRoute } from "../../host/sim/snapshot.ts";
import { formatIp, parseIp, parseMac } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";
import { Writer } from "../../host/sim/wire.ts";
import { bytesOf, Client } from "./client.ts";

// What iproute2 sent to a real kernel, and what that answered (test/fixtures/capture.mjs), once
// more with the simulated one.

interface Captures<T> {
  readonly indexes: Readonly<Record<string, number>>;
  readonly captures: readonly T[];
}

function load<T>(name: string): Captures<T> {
  const file = new URL(`../fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Captures<T>;
}

const requests = load<{ name: string; command: string; request: string }>("requests");
const errors = load<{ name: string; printed: string; uncapped: string; capped: string }>("errors");

/** Descriptor numbers are those of whoever sent; `ip` has the namespace `far` open as this one. */
function descriptorOf(request: Uint8Array): number {
  const hex = Buffer.from(request).toString("hex");
  const at = hex.indexOf("08001c00");
  return at < 0 ? -1 : (bytesOf(hex.slice(at + 8, at + 10))[0] ?? -1);
}

/** The namespace of the captures (`setup` in test/fixtures/commands.mjs), as far as it matters. */
function prepare(): { netns: Netns; far: Netns } {
  const sim = new Sim();
  const netns = sim.addNetns("/run/netns/captures");
  const far = sim.addNetns("/run/netns/far");
  const mtu = (name: string) => (name.startsWith("lower2") ? 9000 : 1500);
  for (const [name, index] of Object.entries(errors.indexes)) {
    if (name === "lo" || name === "mv-passthru") continue;
    const link = netns.add({
      name,
      index,
      kind: name === "br0" ? "bridge" : "veth",
      mac: sim.kernel.randomMac(),
      mtu: mtu(name),
    });
    if (name.startsWith("lower")) setUp(link, true);
  }
  netns.links.get(errors.indexes.lower2 ?? 0)?.altNames.push("the-alternative-name-of-a-link");
  const passthru = { lower: netns.find("lower1"), mode: U.MACVLAN_MODE_PASSTHRU };
  createMacvlan(netns, { name: "mv-passthru", index: errors.indexes["mv-passthru"], ...passthru });
  const lower0 = netns.find("lower0");
  const bytes = parseIp("10.0.0.1");
  if (lower0) addAddress(lower0, { family: 2, bytes, prefixLength: 24, scope: 0, flags: 0 });
  const source = { source: parseIp("10.0.0.1"), sourceLength: 32 };
  const rule = { family: 2, priority: 7, table: 200, action: U.FR_ACT_TO_TBL, protocol: 109 };
  netns.rules.add({ ...rule, ...source }, true);
  const ipv6 = { bytes: parseIp("2001:db8::1"), prefixLength: 64 };
  if (lower0) addAddress(lower0, { family: 10, ...ipv6, scope: 0, flags: U.IFA_F_NODAD });
  return { netns, far };
}

/** A flag that this kernel does not set (host/sim/index.ts). */
const NLM_F_DUMP_FILTERED = 0x20;

/** struct nlmsgerr holds the request that it is about; the end of a dump does not. */
const ofType = (type: number) =>
  errors.captures.filter(({ uncapped }) => bytesOf(uncapped)[4] === type);
const refused = ofType(U.NLMSG_ERROR);
const ended = ofType(U.NLMSG_DONE);

/** What the kernel said besides the error number. */
function wordsOf(printed: string): string {
  return /^Error: (.*)\.$/m.exec(printed)?.[1] ?? "";
}

describe("the kernel's errors", () => {
  test.each(refused)("$name", ({ printed, uncapped, capped }) => {
    const { netns } = prepare();
    const real = bytesOf(uncapped);
    const end = 20 + new DataView(real.buffer).getUint32(20, true);
    const request = real.slice(20, end);
    const whole = new Client(netns).ask(request);
    expect(comparable(whole.raw).subarray(0, end)).toEqual(comparable(real).subarray(0, end));
    expect(whole.text).toBe(wordsOf(printed));
    const brief = new Client(netns, [U.NETLINK_EXT_ACK, U.NETLINK_CAP_ACK]).ask(request);
    expect(brief.raw.subarray(6, 8)).toEqual(bytesOf(capped).subarray(6, 8));
  });

  test.each(ended)("$name", ({ printed, uncapped }) => {
    const { netns } = prepare();
    const dump = requests.captures.find(({ name }) => name === "dump routes: IPv4 main");
    const request = bytesOf(dump?.request ?? "");
    const table = new Writer().attrU32(U.RTA_TABLE, 4242).take();
    const at = request.length - table.length;
    expect(request.subarray(at, at + 4)).toEqual(table.subarray(0, 4));
    request.set(table, at);
    const reply = new Client(netns, [U.NETLINK_EXT_ACK, U.NETLINK_GET_STRICT_CHK]).ask(request);
    expect(reply.text).toBe(wordsOf(printed));
    const real = bytesOf(uncapped);
    expect(reply.raw.subarray(4, 6)).toEqual(real.subarray(4, 6));
    const flags = new DataView(real.buffer).getUint16(6, true) & ~NLM_F_DUMP_FILTERED;
    expect(new DataView(reply.raw.buffer).getUint16(6, true)).toBe(flags);
    expect(reply.raw.subarray(16)).toEqual(real.subarray(16));
  });

  test("none is left out", () => {
    expect([...refused, ...ended]).toHaveLength(errors.captures.length);
    expect(ended).toHaveLength(1);
  });
});

/**
 * An acknowledgement without what differs each time: its length, with the offset of the culprit.
 */
function comparable(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.fill(0, 0, 4);
  copy.fill(0, 12, 16);
  return copy;
}

describe("the requests of iproute2", () => {
  test("all succeed, in their order, and do what they say", () => {
    const { netns, far } = prepare();
    for (const { name, request } of requests.captures) {
      const bytes = bytesOf(request);
      const fds = { [descriptorOf(bytes)]: far };
      const options = [U.NETLINK_EXT_ACK, U.NETLINK_GET_STRICT_CHK];
      const { errno, text } = new Client(netns, options, fds).ask(bytes);
      expect(`${name}: ${errno} ${text}`).toBe(`${name}: 0 `);
    }
    const link = netns.find("new-private");
    expect(link).toMatchObject({ up: true, kind: "macvlan" });
    expect(link?.macvlan?.mode).toBe(U.MACVLAN_MODE_PRIVATE);
    expect(netns.find("new-bridge")?.macvlan?.mode).toBe(U.MACVLAN_MODE_BRIDGE);
    expect(netns.find("new-passthru")?.mac).toEqual(netns.find("lower2p")?.mac);
    expect(netns.find("a23456789012345")).toBeDefined();
    expect(netns.find("renamed")).toBeUndefined();
    expect(netns.find("new-vepa")).toBeUndefined();
    expect(far.find("new-full")).toMatchObject({
      mac: parseMac("02:00:00:00:00:40"),
      mtu: 1400,
      macvlan: { mode: U.MACVLAN_MODE_BRIDGE, queueLength: 3000 },
    });
    const addresses = link?.addresses.map(({ text, prefixLength, broadcast }) => {
      return `${text}/${prefixLength} ${broadcast?.join(".") ?? ""}`.trim();
    });
    expect(addresses?.filter((text) => !text.startsWith("fe80"))).toEqual([
      "10.50.1.2/16 10.50.255.255",
      "10.52.0.2/31",
      "10.53.0.2/32",
      "2001:db8:50::2/64",
      "2001:db8:52::2/64",
      "2001:db8:53::2/64",
    ]);
    const made = netns.routes.all.filter(({ protocol }) => protocol === 3).map(describeRoute);
    expect(made).toContain(
      "10.62.0.0/16 type 1 table 254 proto 3 scope 0 rtax 2=1400 rtax 8=1360" +
        " via 10.50.0.1 dev new-private",
    );
    expect(made).toContain(
      "10.67.0.0/16 type 1 table 100000 proto 3 scope 0 metric 5 rtax 2=1400 rtax 8=1360" +
        " via 10.50.0.1 dev new-private via 10.50.0.3 dev new-private" +
        " via 10.50.0.4 dev new-private",
    );
    expect(made).toContain(
      "2001:db8:62::/48 type 1 table 254 proto 3 scope 0 metric 1024" +
        " via 2001:db8:50::1 dev new-private via 2001:db8:50::3 dev new-private",
    );
    expect(made).toHaveLength(13);
    const rules = netns.rules.all.filter(
      ({ protocol, priority }) => protocol === 109 && priority > 7,
    );
    expect(rules.map(({ source, table }) => [formatIp(source ?? new Uint8Array()), table])).toEqual(
      [
        ["10.51.0.2", 100000],
        ["2001:db8:50::2", 200],
      ],
    );
  });
});
