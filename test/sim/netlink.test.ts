import { describe, expect, test } from "vitest";
import { addAddress, setUp, Sim } from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";
import { Attributes, Writer } from "../../host/sim/wire.ts";
import { Client } from "./client.ts";

const IFINFOMSG = 16;

function machine(options = {}): Sim {
  const sim = new Sim(options);
  sim.addMaster("eth0", { altNames: ["an-alternative-name-of-eth0"] });
  return sim;
}

/** A whole request with a payload that `fill` writes. */
function request(
  type: number,
  flags: number,
  fill: (writer: Writer) => void,
  sequence = 7,
): Uint8Array {
  const payload = new Writer();
  fill(payload);
  return new Writer().message(type, U.NLM_F_REQUEST | flags, sequence, 0, payload.take()).take();
}

function ifinfomsg(writer: Writer, index = 0, flags = 0, change = 0): Writer {
  return writer.u8(0, 0).u16(0).u32(index).u32(flags).u32(change);
}

function getLink(fill: (writer: Writer) => void, flags = U.NLM_F_ACK, sequence = 7): Uint8Array {
  return request(U.RTM_GETLINK, flags, fill, sequence);
}

const byName = (name: string) => (writer: Writer) => {
  ifinfomsg(writer).attrString(U.IFLA_IFNAME, name);
};

describe("a link is found", () => {
  test.each([
    ["by its index", (writer: Writer) => ifinfomsg(writer, 2)],
    ["by its name", byName("eth0")],
    [
      "by its alternative name",
      (writer: Writer) => {
        ifinfomsg(writer).attrString(U.IFLA_ALT_IFNAME, "an-alternative-name-of-eth0");
      },
    ],
  ])("%s, and its message comes before the acknowledgement", (_, fill) => {
    const { messages, errno } = new Client(machine().host).ask(getLink(fill));
    expect(errno).toBe(0);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ type: U.RTM_NEWLINK, sequence: 7 });
    const attributes = new Attributes(messages[0]?.payload.slice(IFINFOMSG) ?? new Uint8Array(0));
    expect(attributes.string(U.IFLA_IFNAME, 16)).toBe("eth0");
    expect(attributes.u32(U.IFLA_MTU)).toBe(1500);
    const names = attributes.nested(U.IFLA_PROP_LIST)?.string(U.IFLA_ALT_IFNAME, 128);
    expect(names).toBe("an-alternative-name-of-eth0");
  });

  test.each([
    ["an index that nothing has", (writer: Writer) => ifinfomsg(writer, 99), U.ENODEV],
    ["a name that nothing has", byName("none"), U.ENODEV],
    ["a name that is too long", byName("sixteen-letters-"), U.ERANGE],
    ["no name", (writer: Writer) => ifinfomsg(writer), U.EINVAL],
    ["half a header", (writer: Writer) => writer.u32(0), U.EINVAL],
    ["bytes left over", (writer: Writer) => ifinfomsg(writer, 2).u8(1, 2), U.EINVAL],
  ])("not by %s", (_, fill, errno) => {
    expect(new Client(machine().host).ask(getLink(fill)).errno).toBe(errno);
  });
});

describe("NETLINK_GET_STRICT_CHK", () => {
  const strict = [U.NETLINK_EXT_ACK, U.NETLINK_GET_STRICT_CHK];
  const dump = U.NLM_F_DUMP;

  test.each([
    [
      "header values in a request for a link",
      getLink((writer) => ifinfomsg(writer, 2, 1)),
      "Invalid values in header for get link request",
    ],
    [
      "attributes that do not belong there",
      getLink((writer) => ifinfomsg(writer, 2).attrU32(U.IFLA_MTU, 1)),
      "Unsupported attribute in get link request",
    ],
    [
      "an index in a request for all links",
      getLink((writer) => ifinfomsg(writer, 2), dump),
      "Filter by device index not supported for link dumps",
    ],
    [
      "header values in a request for addresses",
      request(U.RTM_GETADDR, dump, (writer) => writer.u8(2, 24, 0, 0).u32(0)),
      "Invalid values in header for address dump request",
    ],
    [
      "attributes in a request for addresses",
      request(U.RTM_GETADDR, dump, (writer) => writer.u8(2, 0, 0, 0).u32(0).attrU32(1, 1)),
      "Unsupported attribute in dump request",
    ],
    [
      "header values in a request for routes",
      request(U.RTM_GETROUTE, dump, (writer) => writer.u8(2, 24, 0, 0, 0, 0, 0, 0).u32(0)),
      "Invalid values in header for FIB dump request",
    ],
  ])("refuses %s", (_, bytes, text) => {
    const { host } = machine();
    expect(new Client(host, strict).ask(bytes)).toMatchObject({ errno: U.EINVAL, text });
    expect(new Client(host).ask(bytes).errno).toBe(0);
  });

  test("makes the filter of a request for addresses count", () => {
    const sim = machine();
    sim.addMaster("eth1");
    const bytes = request(U.RTM_GETADDR, dump, (writer) => writer.u8(10, 0, 0, 0).u32(3));
    expect(new Client(sim.host, strict).ask(bytes).messages).toHaveLength(1);
    expect(new Client(sim.host).ask(bytes).messages).toHaveLength(2);
    const none = request(U.RTM_GETADDR, dump, (writer) => writer.u8(10, 0, 0, 0).u32(9));
    expect(new Client(sim.host, strict).ask(none).errno).toBe(U.ENODEV);
  });
});

describe("one datagram of several requests", () => {
  test("is done in order, each acknowledged, also after one that fails", () => {
    const sim = machine();
    const client = new Client(sim.host);
    const parts = [byName("eth0"), byName("none"), byName("lo")].map((fill, index) =>
      getLink(fill, U.NLM_F_ACK, 10 + index),
    );
    client.send(Uint8Array.from(parts.flatMap((part) => [...part])));
    const seen = client
      .receive()
      .flat()
      .map(({ type, sequence }) => `${sequence} ${type}`);
    expect(seen).toEqual([
      `10 ${U.RTM_NEWLINK}`,
      `10 ${U.NLMSG_ERROR}`,
      `11 ${U.NLMSG_ERROR}`,
      `12 ${U.RTM_NEWLINK}`,
      `12 ${U.NLMSG_ERROR}`,
    ]);
  });

  test("ends where a length makes no sense", () => {
    const client = new Client(machine().host);
    const [good, bad] = [getLink(byName("eth0")), getLink(byName("lo"))];
    new DataView(bad.buffer).setUint32(0, 5, true);
    client.send(Uint8Array.from([...good, ...bad]));
    expect(client.receive()).toHaveLength(2);
  });
});

describe("an acknowledgement", () => {
  const set = (flags: number) =>
    request(U.RTM_SETLINK, flags, (writer) => ifinfomsg(writer, 2, U.IFF_UP, U.IFF_UP));

  test("comes when it is asked for, and for every error", () => {
    const client = new Client(machine().host);
    client.send(set(0));
    expect(client.receive()).toEqual([]);
    client.send(set(U.NLM_F_ACK));
    expect(client.receive()).toHaveLength(1);
    client.send(getLink(byName("none"), 0));
    expect(client.receive()).toHaveLength(1);
  });

  test("of what is no request does nothing", () => {
    const sim = machine();
    const bytes = set(U.NLM_F_ACK);
    new DataView(bytes.buffer).setUint16(6, U.NLM_F_ACK, true);
    const link = sim.host.find("eth0");
    if (link) setUp(link, false);
    expect(new Client(sim.host).ask(bytes).errno).toBe(0);
    expect(link?.up).toBe(false);
  });

  test("holds the whole request only where there is an error and nobody minds", () => {
    const { host } = machine();
    const failing = getLink(byName("none"));
    expect(new Client(host, []).ask(failing).raw).toHaveLength(16 + 4 + failing.length);
    expect(new Client(host, [U.NETLINK_CAP_ACK]).ask(failing).raw).toHaveLength(36);
    expect(new Client(host, []).ask(set(U.NLM_F_ACK)).raw).toHaveLength(36);
  });
});

test("an unknown type is not supported, and changes need privileges", () => {
  const change = request(U.RTM_SETLINK, U.NLM_F_ACK, (writer) => ifinfomsg(writer, 2));
  const weak = machine({ privileged: false });
  expect(new Client(weak.host).ask(change).errno).toBe(U.EPERM);
  expect(new Client(weak.host).ask(getLink(byName("eth0"))).errno).toBe(0);
  const unknown = request(98, U.NLM_F_ACK, (writer) => ifinfomsg(writer));
  expect(new Client(machine().host).ask(unknown).errno).toBe(U.EOPNOTSUPP);
});

describe("a dump", () => {
  test("fills datagrams up to a size, and ends with NLMSG_DONE", () => {
    const sim = machine({ dumpBytes: 500 });
    for (let index = 1; index < 10; index++) sim.addMaster(`eth${index}`);
    const client = new Client(sim.host);
    client.send(getLink((writer) => ifinfomsg(writer), U.NLM_F_DUMP));
    const datagrams = client.receive();
    expect(datagrams.length).toBeGreaterThan(3);
    const messages = datagrams.flat();
    expect(messages.map(({ type }) => type)).toEqual([
      ...Array(11).fill(U.RTM_NEWLINK),
      U.NLMSG_DONE,
    ]);
    expect(messages.every(({ flags }) => (flags & U.NLM_F_MULTI) !== 0)).toBe(true);
  });
});

describe("a socket", () => {
  const idle = { netnsOf: () => machine().host, wait: (ready: () => boolean) => ready() };

  test("stays in the namespace that it was made in", () => {
    const sim = machine();
    const client = new Client(sim.addNetns("/run/netns/pod"));
    expect(client.ask(getLink(byName("eth0"))).errno).toBe(U.ENODEV);
  });

  test("tells how long a datagram was, and leaves what is only looked at", () => {
    const client = new Client(machine().host);
    client.send(getLink(byName("eth0")));
    const small = new Uint8Array(8);
    const flags = U.MSG_PEEK | U.MSG_TRUNC;
    const whole = client.socket.receive(small, flags, idle).length;
    expect(whole).toBeGreaterThan(100);
    expect(client.socket.receive(small, U.MSG_PEEK, idle).length).toBe(8);
    expect(client.socket.receive(small, U.MSG_TRUNC, idle).length).toBe(whole);
    const rest = client.socket.receive(new Uint8Array(100), 0, idle);
    expect(rest.length).toBe(36);
    expect([...rest.sender]).toEqual([16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => client.socket.receive(small, U.MSG_DONTWAIT, idle)).toThrow("errno 11");
  });

  test("has the address that it is bound to", () => {
    const client = new Client(machine().host);
    const address = new Writer().u16(U.AF_NETLINK).u16(0).u32(4711).u32(0).take();
    client.socket.bind(address);
    client.send(getLink(byName("eth0")));
    expect(client.receive().flat()[0]?.port).toBe(4711);
    const other = new Writer().u16(U.AF_NETLINK).u16(0).u32(4712).u32(0).take();
    expect(() => client.socket.bind(other)).toThrow("errno 22");
    expect(() => client.socket.bind(address.subarray(0, 8))).toThrow("errno 22");
  });

  test("knows its options and no others", () => {
    const client = new Client(machine().host);
    expect(() => client.set(99, 1)).toThrow("errno 92");
    expect(() => client.socket.setsockopt(6, 1, new Uint8Array(4))).toThrow("errno 92");
    expect(() => client.socket.setsockopt(U.SOL_NETLINK, 1, new Uint8Array(2))).toThrow("errno 22");
  });
});

describe("a multicast group", () => {
  const RTNLGRP = { link: 1, ipv4: 5, ipv6: 9 };

  function listen(sim: Sim, group: number): Client {
    const client = new Client(sim.host);
    client.set(U.NETLINK_ADD_MEMBERSHIP, group);
    return client;
  }

  test("tells of links that come, change and go", () => {
    const sim = machine();
    const listener = listen(sim, RTNLGRP.link);
    const link = sim.host.find("eth0");
    if (!link) throw new Error("no link");
    setUp(link, false);
    const [[message] = []] = listener.receive();
    expect(message).toMatchObject({ type: U.RTM_NEWLINK, sequence: 0, port: 0 });
    const deletion = request(U.RTM_DELLINK, U.NLM_F_ACK, (writer) => ifinfomsg(writer, 2), 99);
    listener.send(deletion);
    const seen = listener
      .receive()
      .flat()
      .map(({ type, sequence }) => `${type} ${sequence}`);
    expect(seen).toEqual([`${U.RTM_DELLINK} 99`, `${U.NLMSG_ERROR} 99`]);
  });

  test("tells of IPv6 addresses: tentative first, then settled", () => {
    const sim = machine();
    sim.kernel.clock.advance(5000);
    const listener = listen(sim, RTNLGRP.ipv6);
    const link = sim.host.find("eth0");
    if (!link) throw new Error("no link");
    const bytes = parseIp("2001:db8::5");
    addAddress(link, { family: 10, bytes, prefixLength: 64, scope: 0, flags: 0 });
    const flagsOf = () =>
      listener
        .receive()
        .flat()
        .map(({ payload }) => payload[2]);
    expect(flagsOf()).toEqual([U.IFA_F_PERMANENT | U.IFA_F_TENTATIVE]);
    sim.kernel.clock.advance(5000);
    expect(flagsOf()).toEqual([U.IFA_F_PERMANENT]);
  });

  test("is left as it was joined, by option or by mask", () => {
    const sim = machine();
    const client = listen(sim, RTNLGRP.link);
    client.set(U.NETLINK_DROP_MEMBERSHIP, RTNLGRP.link);
    sim.addMaster("eth1");
    expect(client.receive()).toEqual([]);
    const mask = 1 << (RTNLGRP.link - 1);
    client.socket.bind(new Writer().u16(U.AF_NETLINK).u16(0).u32(0).u32(mask).take());
    sim.addMaster("eth2");
    expect(client.receive()).not.toEqual([]);
  });

  test("says which one it is in the sender's address", () => {
    const sim = machine();
    const listener = listen(sim, RTNLGRP.ipv4);
    const link = sim.host.find("eth0");
    if (!link) throw new Error("no link");
    addAddress(link, {
      family: 2,
      bytes: parseIp("10.0.0.1"),
      prefixLength: 8,
      scope: 0,
      flags: 0,
    });
    const idle = { netnsOf: () => sim.host, wait: (ready: () => boolean) => ready() };
    const { sender } = listener.socket.receive(new Uint8Array(500), 0, idle);
    expect(new DataView(sender.buffer).getUint32(8, true)).toBe(1 << (RTNLGRP.ipv4 - 1));
  });

  test("is not heard any more by a socket that was closed", () => {
    const sim = machine();
    const listener = listen(sim, RTNLGRP.link);
    listener.socket.close();
    sim.addMaster("eth1");
    expect(listener.receive()).toEqual([]);
  });
});
