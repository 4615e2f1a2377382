import { describe, expect, test } from "vitest";
import { loadCaptures, type RequestCapture } from "./captures.ts";
import { encode, encoder } from "./encoder.ts";
import { type Message, readMessage } from "./message.ts";

const { kernel, iproute2, indexes, captures } = loadCaptures<RequestCapture>("requests");
const index = (link: string) => indexes[link] ?? -1;

const IFLA_EXT_MASK = "29";
const IFLA_INFO_KIND = "18/1";
const IFLA_LINKINFO = "18";
const IFLA_INFO_DATA = "18/2";
const IFLA_NET_NS_FD = "28";
const RTA_METRICS = "8";
const RTA_DST = "1";
const NLM_F_ACK = 4;
const NLM_F_EXCL = 0x200;
const RTM_SETLINK = 19;
const IFF_PROMISC = 1 << 8;
const IFF_ALLMULTI = 1 << 9;

type Change = (theirs: Message) => Message;

const withAttribute =
  (path: string, change: (hex: string) => string): Change =>
  (theirs) => ({
    ...theirs,
    attributes: { ...theirs.attributes, [path]: change(theirs.attributes[path] ?? "") },
  });

// Where the core differs from ip(8), and why it may.
/** ip(8) leaves out the NUL after the kind; the kernel takes both (nla_strscpy). */
const kindWithNul = withAttribute(IFLA_INFO_KIND, (hex) => `${hex}00`);
/**
 * ip(8) sets flags by RTM_NEWLINK of an existing link; RTM_SETLINK cannot create one by mistake.
 */
const setLink: Change = (theirs) => ({ ...theirs, type: RTM_SETLINK });
/** The core takes an answer for complete when it is acknowledged. */
const acknowledged: Change = (theirs) => ({ ...theirs, flags: theirs.flags | NLM_F_ACK });
/** ip(8) wants to know of virtual functions (RTEXT_FILTER_VF). */
const noVirtualFunctions = withAttribute(IFLA_EXT_MASK, () => "08000000");
/** The core asks for those of all families at once; ip(8) names one, AF_PACKET (17) for links. */
const anyFamily: Change = (theirs) => ({ ...theirs, header: `00${theirs.header.slice(2)}` });
/**
 * For ::/0 ip(8) writes the destination out; the kernel takes its absence for the same, as in IPv4.
 */
const noDestination: Change = (theirs) => {
  const { [RTA_DST]: _, ...attributes } = theirs.attributes;
  return { ...theirs, attributes };
};

/** ip(8) wants to know the table of an IPv4 route (RTM_F_LOOKUP_TABLE). */
const noLookupTable: Change = (theirs) => ({
  ...theirs,
  header: `${theirs.header.slice(0, 16)}00000000`,
});
/** A rule that is there already is as good as a new one. */
const notExclusive: Change = (theirs) => ({ ...theirs, flags: theirs.flags & ~NLM_F_EXCL });

/** The core deletes no rule that does something else than to lead to the table. */
const withAction: Change = (theirs) => ({
  ...theirs,
  header: `${theirs.header.slice(0, 14)}01${theirs.header.slice(16)}`,
});

interface Golden {
  readonly write: () => void;
  readonly changes?: readonly Change[];
}

const macvlan = (link: Parameters<typeof encoder.newMacvlan>[0]): Golden => ({
  write: () => encoder.newMacvlan(link),
  changes: [kindWithNul],
});
const address = (cidr: string, flags = 0): Golden => ({
  write: () => encoder.newAddress(index("new-private"), cidr, flags),
});
const deleteAddress = (cidr: string): Golden => ({
  write: () => encoder.deleteAddress(index("new-private"), cidr),
});
const hostRoute = (dst: string, source?: string): Golden => ({
  write: () => encoder.newHostRoute(index("new-private"), dst, 77, source),
});
const neighbour = (ip: string): Golden => ({
  write: () => encoder.newNeighbour(index("new-private"), ip, [2, 0, 0, 0, 0, 0x70]),
});
const route = (dst: string, more: object): Golden => ({
  write: () => encoder.newRoute(index("new-private"), { dst, ...more }),
});

const rule = (address: string, table: number): Golden => ({
  write: () => encoder.newRule(address, table, 10_000, 109),
  changes: [notExclusive],
});

const via4 = { gateways: ["10.50.0.1"] };
const via6 = { gateways: ["2001:db8:50::1"] };

/** What the core writes for the same effect, by the name of the capture. */
const golden: Readonly<Record<string, Golden>> = {
  "new macvlan: mode private": macvlan({ name: "new-private", master: index("lower0"), mode: 1 }),
  "new macvlan: mode vepa": macvlan({ name: "new-vepa", master: index("lower0"), mode: 2 }),
  "new macvlan: mode bridge": macvlan({ name: "new-bridge", master: index("lower0"), mode: 4 }),
  "new macvlan: mode passthru": macvlan({
    name: "new-passthru",
    master: index("lower2p"),
    mode: 8,
  }),
  "new macvlan: all there is": macvlan({
    name: "new-full",
    master: index("lower0"),
    mode: 4,
    netns: descriptorIn("new macvlan: all there is"),
    mtu: 1400,
    mac: [2, 0, 0, 0, 0, 0x40],
    bcQueueLen: 3000,
  }),
  "new macvlan: every knob": {
    write: () =>
      encoder.newMacvlan({
        name: "new-knobs",
        master: index("lower0"),
        flags: IFF_PROMISC | IFF_ALLMULTI,
        txQueueLen: 500,
        group: 7,
        mode: 16,
        macvlanFlags: 2,
        sources: [
          [2, 0, 0, 0, 0, 0x61],
          [2, 0, 0, 0, 0, 0x62],
        ],
      }),
    changes: [kindWithNul],
  },
  "new macvlan: mode passthru nopromisc": macvlan({
    name: "new-quiet",
    master: index("lower1p"),
    mode: 8,
    macvlanFlags: 1,
  }),
  "new macvlan: the longest name": macvlan({
    name: "a23456789012345",
    master: index("lower0"),
    mode: 4,
  }),
  "get link by name": {
    write: () => encoder.getLinkByName("lower0"),
    changes: [acknowledged, noVirtualFunctions],
  },
  "get link by alternative name": {
    write: () => encoder.getLinkByName("the-alternative-name-of-a-link"),
    changes: [acknowledged, noVirtualFunctions],
  },
  "get link by index": {
    write: () => encoder.getLinkByIndex(index("lower0")),
    changes: [acknowledged, noVirtualFunctions],
  },
  "set link up": { write: () => encoder.setLinkUp(index("new-private")), changes: [setLink] },
  "set link up with an alias": {
    write: () => encoder.setLinkUp(index("new-private"), "pod-a"),
    changes: [setLink],
  },
  "set link up with an address": {
    write: () => encoder.setLinkUp(index("new-bridge"), "", [2, 0, 0, 0, 0, 0x50]),
    changes: [setLink],
  },
  "set link down": { write: () => encoder.setLinkDown(index("new-quiet")), changes: [setLink] },
  "rename link": {
    write: () => encoder.renameLink(index("new-vepa"), "renamed"),
    changes: [setLink],
  },
  "delete link": { write: () => encoder.deleteLink(index("renamed")) },

  "new address: IPv4": address("10.50.1.2/16"),
  "new address: IPv4 /30": address("10.51.0.2/30"),
  "new address: IPv4 /31": address("10.52.0.2/31"),
  "new address: IPv4 /32": address("10.53.0.2/32"),
  "new address: IPv6": address("2001:db8:50::2/64"),
  "new address: IPv6 /128": address("2001:db8:51::2/128"),
  "delete address: IPv4": deleteAddress("10.51.0.2/30"),
  "delete address: IPv6": deleteAddress("2001:db8:51::2/128"),
  "dump links": {
    write: () => encoder.dumpLinks(),
    changes: [anyFamily, noVirtualFunctions],
  },
  "dump addresses: all": { write: () => encoder.dumpAddresses(0, 0) },
  "new address: IPv6 nodad": address("2001:db8:52::2/64", 0x02),
  "new address: IPv6 optimistic": address("2001:db8:53::2/64", 0x04),
  "dump addresses: IPv4": { write: () => encoder.dumpAddresses(2, index("new-private")) },
  "dump addresses: IPv6": { write: () => encoder.dumpAddresses(10, index("new-private")) },

  "new route: IPv4 default": route("0.0.0.0/0", { ...via4, priority: 77 }),
  "new route: IPv4 on link": route("10.60.0.0/16", { scope: 253 }),
  "new route: IPv4 host": route("10.61.0.1/32", via4),
  "new route: IPv4 metrics": route("10.62.0.0/16", { ...via4, mtu: 1400, advmss: 1360 }),
  "new route: IPv4 advmss alone": route("10.63.0.0/16", { ...via4, advmss: 1360 }),
  "new route: IPv4 table 200": route("10.64.0.0/16", { ...via4, table: 200 }),
  "new route: IPv4 table 255": route("10.65.0.0/16", { ...via4, table: 255 }),
  "new route: IPv4 table 256": route("10.66.0.0/16", { ...via4, table: 256 }),
  "new route: IPv4 multipath": route("10.67.0.0/16", {
    gateways: ["10.50.0.1", "10.50.0.3", "10.50.0.4"],
    table: 100_000,
    priority: 5,
    mtu: 1400,
    advmss: 1360,
  }),
  "new route: IPv6 default": {
    ...route("::/0", { ...via6, priority: 77 }),
    changes: [noDestination],
  },
  "new route: IPv6 on link": route("2001:db8:60::/48", {}),
  "new route: IPv6 metrics and table": route("2001:db8:61::/48", {
    ...via6,
    mtu: 1400,
    advmss: 1340,
    priority: 9,
    table: 100_000,
  }),
  "new route: IPv6 multipath": route("2001:db8:62::/48", {
    gateways: ["2001:db8:50::1", "2001:db8:50::3"],
  }),
  "dump routes: IPv4 main": { write: () => encoder.dumpRoutes(2, 254) },
  "dump routes: IPv4 table 100000": { write: () => encoder.dumpRoutes(2, 100_000) },
  "dump routes: IPv6 main": { write: () => encoder.dumpRoutes(10, 254) },

  "new rule: IPv4": rule("10.50.1.2/16", 200),
  "new rule: IPv4 table 100000": rule("10.51.0.2/32", 100_000),
  "new rule: IPv6": rule("2001:db8:50::2/64", 200),
  "delete rule": {
    write: () => encoder.deleteRule("10.50.1.2/16", 200, 10_000, 109),
    changes: [withAction],
  },
  "dump rules": { write: () => encoder.dumpRules(), changes: [anyFamily] },
  "host route: IPv4": hostRoute("10.70.0.1"),
  "host route: IPv4, source": hostRoute("10.70.0.1", "10.50.1.2"),
  "host route: IPv6": hostRoute("2001:db8:70::1", "2001:db8::1"),
  "delete host route: IPv4": {
    write: () => encoder.deleteHostRoute(index("new-private"), "10.70.0.1", 77),
  },
  "delete host route: IPv6": {
    write: () => encoder.deleteHostRoute(index("new-private"), "2001:db8:70::1", 77),
  },
  "dump host routes": { write: () => encoder.dumpRoutesOf(2, index("new-private"), 193) },
  "get route: IPv4": {
    write: () => encoder.getRoute("10.70.0.1"),
    changes: [acknowledged, noLookupTable],
  },
  "get route: IPv6": { write: () => encoder.getRoute("2001:db8:70::1"), changes: [acknowledged] },
  "neighbour: IPv4": neighbour("10.50.0.9"),
  "neighbour: IPv6": neighbour("2001:db8:50::9"),
  "delete neighbour: IPv4": {
    write: () => encoder.deleteNeighbour(index("new-private"), "10.50.0.9"),
  },
  "delete neighbour: IPv6": {
    write: () => encoder.deleteNeighbour(index("new-private"), "2001:db8:50::9"),
  },
  "dump neighbours": { write: () => encoder.dumpNeighbours(index("new-private")) },
};

/**
 * Attributes that hold attributes. RTA_MULTIPATH has the same number as IFLA_LINKMODE, unused here.
 */
function containersOf(name: string): string[] {
  if (name.includes("macvlan")) return [IFLA_LINKINFO, IFLA_INFO_DATA];
  // NDA_IFINDEX has the same number as RTA_METRICS
  return name.includes("neighbour") ? [] : [RTA_METRICS];
}

function captured(name: string): Message {
  const capture = captures.find((candidate) => candidate.name === name);
  if (!capture) throw new Error(`no capture is named ${name}`);
  return readMessage(Buffer.from(capture.request, "hex"), containersOf(name));
}

/** The number of the descriptor that ip(8) had opened for the other namespace. */
function descriptorIn(name: string): number {
  return Buffer.from(captured(name).attributes[IFLA_NET_NS_FD] ?? "", "hex").readInt32LE();
}

describe(`the core's requests are those of iproute2 ${iproute2} on Linux ${kernel}`, () => {
  test("all of them", () => {
    expect(Object.keys(golden).sort()).toEqual(captures.map(({ name }) => name).sort());
  });

  test.each(captures.map((capture) => [capture.name, capture.command]))("%s: %s", (name) => {
    const { write, changes = [] } = golden[name] as Golden;
    const ours = readMessage(encode(write), containersOf(name));
    const theirs = changes.reduce((message, change) => change(message), captured(name));
    // The order is the writer's; numbers are each conversation's own; ip(8) does not say
    // NLA_F_NESTED.
    expect({ ...ours, nested: [], sequence: 0 }).toEqual({ ...theirs, nested: [], sequence: 0 });
  });

  test.each([
    ["new macvlan: mode bridge", [IFLA_LINKINFO, IFLA_INFO_DATA]],
    ["new route: IPv4 multipath", ["9", RTA_METRICS]],
    ["new route: IPv4 table 256", []],
  ])("%s says which attributes are nested", (name, paths) => {
    const { write } = golden[name] as Golden;
    expect(readMessage(encode(write), containersOf(name)).nested).toEqual(paths);
  });
});
