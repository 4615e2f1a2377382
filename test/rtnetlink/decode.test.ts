import { describe, expect, test } from "vitest";
import type { AddressInfo, IpAddress, IpLink, IpRoute } from "../../lab/iproute2.ts";
import { loadCaptures, type ReplyCapture } from "./captures.ts";
import { type Decoded, decode } from "./decoder.ts";

const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const RTM_NEWNEIGH = 28;
const RTM_NEWRULE = 32;
const NLMSG_DONE = 3;

/** The messages of a type in all datagrams of a capture, which must be whole. */
function messagesOf(capture: ReplyCapture<unknown>, type: number): Decoded[] {
  return capture.received.flatMap((hex) => {
    const { messages, isBroken } = decode(Buffer.from(hex, "hex"));
    expect(isBroken).toBe(0);
    for (const message of messages) expect([type, NLMSG_DONE]).toContain(message.type);
    return messages.filter((message) => message.type === type);
  });
}

/** The bits of the words that ip(8) prints for them. */
function bitsOf(words: readonly string[], bits: Readonly<Record<string, number>>): number {
  return words.reduce((sum, word) => sum | (bits[word] ?? 0), 0);
}

const linkFlags = {
  UP: 1 << 0,
  BROADCAST: 1 << 1,
  LOOPBACK: 1 << 3,
  PROMISC: 1 << 8,
  ALLMULTI: 1 << 9,
  MULTICAST: 1 << 12,
  LOWER_UP: 1 << 16,
};
/** ip(8) does not print IFF_RUNNING, it goes into the state. */
const IFF_RUNNING = 1 << 6;

const macvlanModes: Readonly<Record<string, number>> = {
  private: 1,
  vepa: 2,
  bridge: 4,
  passthru: 8,
  source: 16,
};

/** What the core reads of a macvlan's own data, as ip(8) prints it. */
function macvlanOf(data: Readonly<Record<string, unknown>>): object {
  return {
    macvlanMode: macvlanModes[String(data.mode)] ?? 0,
    macvlanFlags: (data.nopromisc ? 1 : 0) | (data.nodst ? 2 : 0),
    bcQueueLen: data.bcqueuelen ?? 0,
    bcQueueLenUsed: data.usedbcqueuelen ?? 0,
    sources: data.macaddr_data ?? [],
  };
}

describe("readLink", () => {
  const { kernel, indexes, captures } =
    loadCaptures<ReplyCapture<IpLink & { master?: string }>>("links");
  const index = (name: string | undefined) => (name === undefined ? 0 : indexes[name]);

  test.each(captures.map((capture) => [capture.name, capture.command, capture] as const))(
    `finds what ip printed of the links of Linux ${kernel}: %s (%s)`,
    (_name, _command, capture) => {
      const links = messagesOf(capture, RTM_NEWLINK).map(({ type, flags, sequence, ...link }) => ({
        ...link,
        linkFlags: Number(link.linkFlags) & ~IFF_RUNNING,
      }));
      const expected = capture.printed.map((link) => {
        const { info_kind: kind = "", info_data: data } = link.linkinfo ?? {};
        return {
          index: link.ifindex,
          hardware: link.ifname === "lo" ? 772 : 1,
          linkFlags: bitsOf(link.flags, linkFlags),
          mac: link.address,
          name: link.ifname,
          mtu: link.mtu,
          lower: link.link_index ?? index(link.link),
          controller: index(link.master),
          kind,
          controllerKind: link.linkinfo?.info_slave_kind ?? "",
          permanentMac: link.permaddr ?? "",
          altNames: (link.altnames ?? []).join(" "),
          txqlen: link.txqlen ?? 0,
          group: Number(link.group === "default" ? 0 : link.group),
          alias: link.ifalias ?? "",
          ...macvlanOf(/^macv/.test(kind) ? (data ?? {}) : {}),
        };
      });
      expect(links).toEqual(expected);
    },
  );

  test("has seen alternative names, and a port of a bridge", () => {
    const all = captures.flatMap((capture) => messagesOf(capture, RTM_NEWLINK));
    const seen = (field: string) => [...new Set(all.map((link) => link[field]))];
    expect(seen("altNames")).toContain("the-alternative-name-of-a-link");
    expect(seen("controllerKind")).toEqual(["", "bridge"]);
  });

  test("has seen every mode, and kinds that are no macvlan", () => {
    const all = captures.find(({ name }) => name === "all");
    const kinds = messagesOf(all as (typeof captures)[0], RTM_NEWLINK).map(
      (link) => `${link.kind} ${link.macvlanMode}`,
    );
    const modes = [1, 2, 4, 8, 16].map((mode) => `macvlan ${mode}`);
    expect(kinds).toEqual(
      expect.arrayContaining([...modes, " 0", "veth 0", "bridge 0", "macvtap 2"]),
    );
  });
});

const addressFlags = {
  secondary: 0x01,
  nodad: 0x02,
  dadfailed: 0x08,
  deprecated: 0x20,
  tentative: 0x40,
};
/** ip(8) prints `dynamic` where this one is missing. */
const IFA_F_PERMANENT = 0x80;
/** The kernel makes no route for the address of the loopback interface; ip(8) 6.1 hides that. */
const IFA_F_NOPREFIXROUTE = 0x200;

describe("readAddress", () => {
  const { kernel, captures } = loadCaptures<ReplyCapture<IpAddress>>("addresses");

  test.each(captures.map((capture) => [capture.name, capture.command, capture] as const))(
    `finds what ip printed of the addresses of Linux ${kernel}: %s (%s)`,
    (_name, _command, capture) => {
      const addresses = messagesOf(capture, RTM_NEWADDR).map(
        ({ type, flags, sequence, ...rest }) => ({
          ...rest,
          addressFlags: Number(rest.addressFlags) & ~IFA_F_NOPREFIXROUTE,
        }),
      );
      const expected = capture.printed.flatMap(({ ifindex, addr_info }) =>
        addr_info.map((info) => ({
          index: ifindex,
          addressFlags: flagsOf(info),
          ip: info.local,
          prefix: info.prefixlen,
        })),
      );
      expect(addresses).toEqual(expected);
    },
  );

  function flagsOf(info: AddressInfo): number {
    const words = Object.entries(info).flatMap(([key, value]) => (value === true ? [key] : []));
    return bitsOf(words, addressFlags) | ("dynamic" in info ? 0 : IFA_F_PERMANENT);
  }

  test("has seen addresses that are tentative, and one that is a duplicate", () => {
    const flags = captures
      .flatMap((capture) => messagesOf(capture, RTM_NEWADDR))
      .map((address) => Number(address.addressFlags) & 0x48);
    expect(flags).toEqual(expect.arrayContaining([0, 0x40, 0x48]));
  });
});

describe("readRoute", () => {
  const { kernel, indexes, captures } = loadCaptures<ReplyCapture<IpRoute>>("routes");
  const index = (name: string | undefined) => (name === undefined ? [] : [indexes[name]]);

  test.each(captures.map((capture) => [capture.name, capture.command, capture] as const))(
    `finds what ip printed of the routes of Linux ${kernel}: %s (%s)`,
    (name, _command, capture) => {
      const [family, any, width] = name === "IPv4" ? [2, "0.0.0.0/0", 32] : [10, "::/0", 128];
      const routes = messagesOf(capture, RTM_NEWROUTE).map(
        ({ type, flags, sequence, ...route }) => route,
      );
      const expected = capture.printed.map((route) => {
        const [dst, prefix = width] = (route.dst === "default" ? any : route.dst).split("/");
        const hops = route.nexthops ?? [route];
        return {
          family,
          routeType: Number(route.type),
          dst,
          prefix: Number(prefix),
          table: Number(route.table),
          scope: Number(route.scope),
          priority: route.metric ?? 0,
          mtu: route.metrics?.[0]?.mtu ?? 0,
          advmss: route.metrics?.[0]?.advmss ?? 0,
          protocol: Number(route.protocol),
          out: route.dev === undefined ? 0 : indexes[route.dev],
          source: route.prefsrc ?? "",
          // A next hop of the other family (RTA_VIA) is none for us.
          gateways: hops.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])),
          interfaces: hops.flatMap(({ dev }) => index(dev)),
        };
      });
      expect(routes).toEqual(expected);
    },
  );

  test("has seen several tables, gateways, types and metrics", () => {
    const routes = captures.flatMap((capture) => messagesOf(capture, RTM_NEWROUTE));
    const seen = (field: string) => [
      ...new Set(routes.map((route) => JSON.stringify(route[field]))),
    ];
    expect(seen("table")).toEqual(expect.arrayContaining(["200", "254", "255", "100000"]));
    expect(seen("routeType")).toEqual(expect.arrayContaining(["1", "2", "3", "5", "6", "7"]));
    expect(seen("mtu")).toEqual(expect.arrayContaining(["0", "1200", "1300", "1400"]));
    expect(seen("advmss")).toEqual(expect.arrayContaining(["0", "1340", "1360"]));
    expect(seen("gateways")).toEqual(
      expect.arrayContaining([
        '["10.0.0.254","10.0.0.253"]',
        '["2001:db8::fe","2001:db8::fd"]',
        '["192.0.2.1"]',
        "[]",
      ]),
    );
  });
});

/** NUD_* of linux/neighbour.h, as ip(8) prints them. */
const neighbourStates = {
  INCOMPLETE: 0x01,
  REACHABLE: 0x02,
  STALE: 0x04,
  DELAY: 0x08,
  PROBE: 0x10,
  FAILED: 0x20,
  NOARP: 0x40,
  PERMANENT: 0x80,
};

describe("readNeighbour", () => {
  interface Printed {
    readonly dst: string;
    readonly lladdr?: string;
    readonly state: readonly string[];
  }
  const { kernel, indexes, captures } = loadCaptures<ReplyCapture<Printed>>("neighbours");

  test.each(captures.map((capture) => [capture.name, capture.command, capture] as const))(
    `finds what ip printed of the neighbours of Linux ${kernel}: %s (%s)`,
    (name, _command, capture) => {
      const neighbours = messagesOf(capture, RTM_NEWNEIGH).map(
        ({ type, flags, sequence, ...neighbour }) => neighbour,
      );
      const expected = capture.printed.map(({ dst, lladdr = "", state }) => ({
        index: indexes[name],
        state: bitsOf(state, neighbourStates),
        ip: dst,
        mac: lladdr,
      }));
      expect(neighbours).toEqual(expected);
    },
  );

  test("has seen permanent ones, others, and one whose MAC address nobody knows", () => {
    const seen = captures.flatMap((capture) => messagesOf(capture, RTM_NEWNEIGH));
    const states = seen.map(({ state }) => state);
    expect(states).toEqual(expect.arrayContaining([0x80, 0x04, 0x20]));
    expect(seen.find(({ state }) => state === 0x20)?.mac).toBe("");
  });
});

describe("readRule", () => {
  interface Printed {
    readonly priority: number;
    readonly src: string;
    readonly srclen?: number;
    readonly table?: string;
    readonly protocol: string;
    readonly action?: string;
  }
  const { kernel, captures } = loadCaptures<ReplyCapture<Printed>>("rules");
  const FR_ACT_TO_TBL = 1;

  test.each(captures.map((capture) => [capture.name, capture.command, capture] as const))(
    `finds what ip printed of the rules of Linux ${kernel}: %s (%s)`,
    (name, _command, capture) => {
      const [family, width] = name === "IPv4" ? [2, 32] : [10, 128];
      const rules = messagesOf(capture, RTM_NEWRULE).map(
        ({ type, flags, sequence, ...rule }) => rule,
      );
      const expected = capture.printed.map((rule) => {
        const isForAll = rule.src === "all";
        return {
          family,
          source: isForAll ? "0 bytes" : rule.src,
          prefix: isForAll ? 0 : (rule.srclen ?? width),
          table: Number(rule.table ?? 0),
          priority: rule.priority,
          protocol: Number(rule.protocol),
          action: Number(rule.action ?? FR_ACT_TO_TBL),
        };
      });
      expect(rules).toEqual(expected);
    },
  );

  test("has seen rules of ours, of others, and of nobody", () => {
    const rules = captures.flatMap((capture) => messagesOf(capture, RTM_NEWRULE));
    const protocols = rules.map(({ protocol }) => protocol);
    expect(protocols).toEqual(expect.arrayContaining([109, 0, 2, 4]));
    expect(rules.map(({ action }) => action)).toContain(6);
  });
});
