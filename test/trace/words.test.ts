// Netlink messages in the words of ip(8), beside the commands of ip(8) that made them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Interfaces } from "../../host/trace/interfaces.ts";
import { answersOf, requestsOf } from "../../host/trace/netlink.ts";
import {
  type ErrorCapture,
  loadCaptures,
  type ReplyCapture,
  type RequestCapture,
} from "../rtnetlink/captures.ts";

const { indexes, captures } = loadCaptures<RequestCapture>("requests");

function knowing(names: Readonly<Record<string, number>>): Interfaces {
  const interfaces = new Interfaces();
  for (const [name, index] of Object.entries(names)) interfaces.learn(index, name);
  return interfaces;
}

/** ip(8) takes its words in nearly any order, and some of them in place of others. */
function sorted(command: string): string[] {
  return command
    .replace(/^ip -[46]/, "ip")
    .replace(/netns \w+/, "netns N")
    .replace(/broadcast \S+/, "broadcast +")
    .split(" ")
    .sort();
}

// what ip(8) asks on its way to something else
const answered = captures.filter(({ name }) => !name.startsWith("get link"));

describe("a request is said as it was made:", () => {
  test("there are requests", () => expect(answered.length).toBeGreaterThan(25));

  test.each(answered)("$command", ({ command, request }) => {
    // the indexes were noted after one link had got another name
    const { renamed = 0, ...others } = indexes;
    const names = command.includes("name renamed") ? { ...others, "new-vepa": renamed } : indexes;
    const said = requestsOf(Buffer.from(request, "hex"), knowing(names));
    const [, number, words = ""] = /^\[#(\d+) (.*?)(?: \+\d+)?\]$/.exec(said) ?? [];
    expect(number).toMatch(/^\d+$/);
    // an address without a broadcast address has none
    const wanted = words.includes("broadcast") ? command : command.replace(" broadcast +", "");
    expect(sorted(words)).toEqual(sorted(wanted));
  });

  test("a link is asked for by name, alternative name and index", () => {
    const said = captures
      .filter(({ name }) => name.startsWith("get link"))
      .map(({ request }) => requestsOf(Buffer.from(request, "hex"), knowing(indexes)));
    expect(said.map((text) => text.replace(/#\d+ /, ""))).toEqual([
      "[ip link show dev lower0]",
      "[ip link show dev the-alternative-name-of-a-link]",
      "[ip link show dev lower0]",
    ]);
  });
});

const bytesOf = (received: readonly string[]) => received.map((hex) => Buffer.from(hex, "hex"));

describe("an answer", () => {
  const { captures: links } = loadCaptures<ReplyCapture<{ ifname: string; mtu: number }>>("links");

  test.each(links.filter(({ name }) => name !== "all"))("about the link $name", (capture) => {
    const [printed] = capture.printed;
    const interfaces = new Interfaces();
    const said = bytesOf(capture.received).map((bytes) => answersOf(bytes, interfaces));
    expect(said[0]).toContain(`: ${printed?.ifname}`);
    expect(said[0]).toContain(`mtu ${printed?.mtu}`);
    // the names are known from then on
    const [, index] = /#\d+ (\d+): /.exec(said[0] ?? "") ?? [];
    expect(interfaces.nameOf(Number(index))).toBe(printed?.ifname);
  });

  test("about a macvlan has its mode", () => {
    const capture = links.find(({ name }) => name === "mv-bridge");
    const [said] = bytesOf(capture?.received ?? []).map((b) => answersOf(b, new Interfaces()));
    expect(said).toMatch(/: mv-bridge@if\d+: .* macvlan mode bridge bcqueuelen \d+ \+\d+\]$/);
  });

  test("about addresses has each of them", () => {
    interface Printed {
      readonly addr_info: readonly { local: string; prefixlen: number }[];
    }
    const { captures: addresses } = loadCaptures<ReplyCapture<Printed>>("addresses");
    for (const { received, printed } of addresses) {
      const said = bytesOf(received)
        .map((bytes) => answersOf(bytes, new Interfaces()))
        .join();
      for (const { local, prefixlen } of printed.flatMap(({ addr_info }) => addr_info)) {
        expect(said).toContain(`${local}/${prefixlen} dev`);
      }
    }
  });

  test("about rules has each of them", () => {
    const { captures: rules } = loadCaptures<ReplyCapture<unknown>>("rules");
    const said = rules
      .flatMap(({ received }) => bytesOf(received))
      .map((bytes) => answersOf(bytes, new Interfaces()))
      .join();
    expect(said).toContain("from all lookup 254 priority 32766 protocol 2");
    expect(said).toContain("from 10.0.0.1 lookup 200 priority 7 protocol 109");
    expect(said).toContain("from 2001:db8:1::/48 lookup 100000 priority 100000 protocol 109");
  });

  test("that refuses has the error and the kernel's words", () => {
    const { captures: errors } = loadCaptures<ErrorCapture>("errors");
    for (const { printed, uncapped, capped, wordless } of errors) {
      for (const hex of [uncapped, capped]) {
        const said = answersOf(Buffer.from(hex, "hex"), new Interfaces());
        expect(said).toMatch(/^\[#\d+ -\d+/);
        const [, words] = /"(.*)"/.exec(said) ?? [];
        if (words) expect(printed).toContain(words);
      }
      expect(answersOf(Buffer.from(wordless, "hex"), new Interfaces())).not.toContain('"');
    }
  });
});

test("whatever is in a datagram is said somehow, on one line for a terminal", () => {
  const { captures: links } = loadCaptures<ReplyCapture<unknown>>("links");
  const datagrams = [
    ...captures.map(({ request }) => Buffer.from(request, "hex")),
    ...links.flatMap(({ received }) => bytesOf(received)),
  ];
  const flips = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...datagrams), flips, fc.nat(), (datagram, list, cut) => {
      const bytes = Buffer.from(datagram.subarray(0, datagram.length - (cut % 20)));
      for (const [at, value] of list) bytes[at % bytes.length] = value;
      for (const say of [requestsOf, answersOf]) {
        expect(say(bytes, new Interfaces())).toMatch(/^[\x20-\x7e]*$/);
      }
    }),
    { numRuns: 500 },
  );
});
