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
    mode: number,
    mtu: number,
    mac: number,
    bcQueueLen: number,
  ): void;
  linkByName(name: number): void;
  linkByIndex(index: number): void;
  linkUp(index: number): void;
  linkName(index: number, name: number): void;
  linkDelete(index: number): void;
  address(index: number, cidr: number): void;
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
}

const probe = startPure<EncodeProbe>("encode");
const text = (value: string) => probe.__newString(value);

interface Macvlan {
  readonly name: string;
  readonly master: number;
  readonly mode: number;
  readonly netns?: number;
  readonly mtu?: number;
  readonly mac?: readonly number[];
  readonly bcQueueLen?: number;
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
  newMacvlan({ name, master, mode, netns = -1, mtu = 0, mac = [], bcQueueLen = 0 }: Macvlan) {
    const bytes = probe.__newArrayBuffer(Uint8Array.from(mac).buffer);
    probe.macvlan(text(name), master, netns, mode, mtu, bytes, bcQueueLen);
  },
  getLinkByName: (name: string) => probe.linkByName(text(name)),
  getLinkByIndex: (index: number) => probe.linkByIndex(index),
  setLinkUp: (index: number) => probe.linkUp(index),
  renameLink: (index: number, name: string) => probe.linkName(index, text(name)),
  deleteLink: (index: number) => probe.linkDelete(index),
  newAddress: (index: number, cidr: string) => probe.address(index, text(cidr)),
  dumpAddresses: (family: number, index: number) => probe.addressDump(family, index),
  newRoute(index: number, route: Route) {
    const { dst, gateways = [], table = 254, scope = 0, priority = 0, mtu = 0, advmss = 0 } = route;
    const list = text(gateways.join(" "));
    probe.route(index, text(dst), list, table, scope, priority, mtu, advmss);
  },
  dumpRoutes: (family: number, table: number) => probe.routeDump(family, table),
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
