import { startPure } from "../probe/compile.ts";

interface EncodeProbe {
  begin(): void;
  written(sequence: number): number;
  writtenAt(index: number): number;
  isBroken(): number;
  macvlan(
    name: number,
    master: number,
    netns: number,
    mtu: number,
    mac: number,
    flags: number,
    txQueueLen: number,
    group: number,
    data: number,
  ): void;
  macvlanData(
    mode: number,
    flags: number,
    sources: number,
    bcQueueLen: number,
    bcCutoff: number,
  ): number;
  linkByName(name: number): void;
  linkByIndex(index: number): void;
  linkDump(): void;
  linkUp(index: number, alias: number, mac: number): void;
  linkDown(index: number): void;
  linkName(index: number, name: number): void;
  linkDelete(index: number): void;
  address(index: number, cidr: number, flags: number): void;
  addressDelete(index: number, cidr: number): void;
  addressDump(family: number, index: number): void;
  route(
    index: number,
    dst: number,
    gateways: number,
    table: number,
    scope: number,
    priority: number,
    mtu: number,
    advmss: number,
  ): void;
  routeDump(family: number, table: number): void;
  ruleNew(address: number, table: number, priority: number, protocol: number): void;
  ruleDelete(address: number, table: number, priority: number, protocol: number): void;
  ruleDump(): void;
  hostRoute(index: number, dst: number, priority: number, source: number, isNew: boolean): void;
  routeTo(dst: number): void;
  routesOf(family: number, index: number, protocol: number): void;
  neighbour(index: number, ip: number, mac: number): void;
  neighbourDump(index: number): void;
}

const probe = startPure<EncodeProbe>("encode");
const text = (value: string) => probe.__newString(value);
const buffer = (bytes: readonly number[]) => probe.__newArrayBuffer(Uint8Array.from(bytes).buffer);

interface Macvlan {
  readonly name: string;
  readonly master: number;
  readonly mode: number;
  readonly netns?: number;
  readonly mtu?: number;
  readonly mac?: readonly number[];
  /** IFF_* */
  readonly flags?: number;
  readonly txQueueLen?: number;
  readonly group?: number;
  readonly macvlanFlags?: number;
  readonly sources?: readonly (readonly number[])[];
  readonly bcQueueLen?: number;
  readonly bcCutoff?: number;
}

interface Route {
  readonly dst: string;
  readonly gateways?: readonly string[];
  readonly table?: number;
  readonly scope?: number;
  readonly priority?: number;
  readonly mtu?: number;
  readonly advmss?: number;
}

/** What the core can write; each call appends one message. */
export const encoder = {
  newMacvlan({ name, master, netns = -1, mtu = 0, mac = [], ...more }: Macvlan) {
    const { flags = 0, txQueueLen = 0, group = 0 } = more;
    const { mode, macvlanFlags = 0, sources = [], bcQueueLen = 0, bcCutoff = 1 } = more;
    const list = buffer(sources.flat());
    const data = probe.macvlanData(mode, macvlanFlags, list, bcQueueLen, bcCutoff);
    const [named, address] = [text(name), buffer(mac)];
    probe.macvlan(named, master, netns, mtu, address, flags, txQueueLen, group, data);
  },
  getLinkByName: (name: string) => probe.linkByName(text(name)),
  getLinkByIndex: (index: number) => probe.linkByIndex(index),
  dumpLinks: () => probe.linkDump(),
  setLinkUp(index: number, alias = "", mac: readonly number[] = []) {
    const [named, address] = [text(alias), buffer(mac)];
    probe.linkUp(index, named, address);
  },
  setLinkDown: (index: number) => probe.linkDown(index),
  renameLink: (index: number, name: string) => probe.linkName(index, text(name)),
  deleteLink: (index: number) => probe.linkDelete(index),
  newAddress: (index: number, cidr: string, flags = 0) => probe.address(index, text(cidr), flags),
  deleteAddress: (index: number, cidr: string) => probe.addressDelete(index, text(cidr)),
  dumpAddresses: (family: number, index: number) => probe.addressDump(family, index),
  newRoute(index: number, route: Route) {
    const { dst, gateways = [], table = 254, scope = 0, priority = 0, mtu = 0, advmss = 0 } = route;
    const list = text(gateways.join(" "));
    probe.route(index, text(dst), list, table, scope, priority, mtu, advmss);
  },
  dumpRoutes: (family: number, table: number) => probe.routeDump(family, table),
  newRule: (from: string, table: number, priority: number, protocol: number) =>
    probe.ruleNew(text(from), table, priority, protocol),
  deleteRule: (from: string, table: number, priority: number, protocol: number) =>
    probe.ruleDelete(text(from), table, priority, protocol),
  dumpRules: () => probe.ruleDump(),
  newHostRoute: (index: number, dst: string, priority: number, source = "") =>
    probe.hostRoute(index, text(dst), priority, text(source), true),
  deleteHostRoute: (index: number, dst: string, priority: number) =>
    probe.hostRoute(index, text(dst), priority, text(""), false),
  getRoute: (dst: string) => probe.routeTo(text(dst)),
  dumpRoutesOf: (family: number, index: number, protocol: number) =>
    probe.routesOf(family, index, protocol),
  newNeighbour: (index: number, ip: string, mac: readonly number[]) =>
    probe.neighbour(index, text(ip), buffer(mac)),
  deleteNeighbour: (index: number, ip: string) => probe.neighbour(index, text(ip), buffer([])),
  dumpNeighbours: (index: number) => probe.neighbourDump(index),
};

/** The bytes of the messages that `write` writes into a new writer, numbered from `sequence`. */
export function encode(write: () => void, sequence = 1): Buffer {
  probe.begin();
  write();
  return Buffer.from(probe.__getArrayBuffer(probe.written(sequence)));
}

/** One message of those that `encode` wrote last. */
export function messageAt(index: number): Buffer {
  return Buffer.from(probe.__getArrayBuffer(probe.writtenAt(index)));
}

/** Whether `encode` wrote an attribute longer than one can be. */
export function isBroken(): boolean {
  return probe.isBroken() !== 0;
}
