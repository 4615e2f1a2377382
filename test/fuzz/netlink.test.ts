// Whatever the kernel, or somebody who speaks in its place, answers on a netlink socket: the core
// ends with one answer. What is not for it is as if it had not come.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import type { Outcome, Sim } from "../../host/sim/index.ts";
import { config, machine, staticIpam } from "../core/core.ts";
import { holds, runSane, TIMEOUT } from "./fuzz.ts";

const keys = {
  ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"], {
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }],
  }),
};
const EAGAIN = 11;
const HEADER = 16;
/** Where struct ifinfomsg has the index, and which one the loopback interface has. */
const INDEX = HEADER + 4;
const LOOPBACK = 1;

/** A datagram of the kernel's, or none. */
interface Datagram {
  readonly bytes: Uint8Array;
  /** struct sockaddr_nl of the sender. */
  readonly sender: Uint8Array;
}

/** What a socket hears instead of a datagram: it, others, several, none. */
type Ether = (datagram: Datagram, nth: number) => readonly Datagram[];

/** Sockets on which something is done to what the kernel answers. */
function disturbed(ether: Ether): (system: System) => System {
  let nth = 0;
  return (system) => {
    const waiting = new Map<number, Datagram[]>();
    const receive: System["recvfrom"] = (fd, buffer, flags, address, length) => {
      const queue = waiting.get(fd) ?? [];
      waiting.set(fd, queue);
      while (queue.length === 0) {
        const room = new Uint8Array(1 << 16);
        const count = system.recvfrom(fd, room, flags, address, length);
        if (count < 0) return count;
        queue.push(...ether({ bytes: room.slice(0, count), sender: address.slice() }, nth++));
      }
      const { bytes, sender } = queue.shift() as Datagram;
      buffer.set(bytes.subarray(0, buffer.length));
      address.set(sender);
      new DataView(length.buffer, length.byteOffset).setUint32(0, sender.length, true);
      return bytes.length;
    };
    return new Proxy(system, {
      get(target, name) {
        if (name === "recvfrom") return receive;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  };
}

/** ADD, CHECK and DEL, each with its sockets disturbed; DEL again without must clean up. */
function live(ether: Ether): { sim: Sim; outcomes: Outcome[] } {
  const sim = machine();
  const before = sim.snapshot();
  const under = disturbed(ether);
  const added = runSane(sim, { config: config(keys) }, under);
  const prevResult = added.status === 0 ? added.json : {};
  const outcomes = [
    added,
    runSane(sim, { command: "CHECK", config: config({ ...keys, prevResult }) }, under),
    runSane(sim, { command: "DEL", config: config(keys) }, under),
  ];
  expect(runSane(sim, { command: "DEL", config: config(keys) }).status).toBe(0);
  expect(sim.snapshot()).toEqual(before);
  return { sim, outcomes };
}

const said = (outcomes: readonly Outcome[]) =>
  outcomes.map(({ status, stdout }) => [status, stdout]);
const undisturbed = said(live((datagram) => [datagram]).outcomes);

test("undisturbed, all goes well", () => {
  expect(undisturbed.map(([status]) => status)).toEqual([0, 0, 0]);
});

/** Which of the datagrams it happens to: one, or all from some on. */
const when = fc.record({ first: fc.nat({ max: 40 }), lasting: fc.boolean() });
const happens = ({ first, lasting }: { first: number; lasting: boolean }, nth: number) =>
  nth === first || (lasting && nth > first);

function changed({ bytes, sender }: Datagram, change: (copy: Buffer) => void): Datagram {
  const copy = Buffer.from(bytes);
  change(copy);
  // Nobody can tell that the kernel has named another interface that is there.
  if (copy.length >= INDEX + 4 && copy.readInt32LE(INDEX) === LOOPBACK) {
    copy.set(bytes.subarray(INDEX, INDEX + 4), INDEX);
  }
  return { bytes: copy, sender };
}

describe("answers", { timeout: TIMEOUT }, () => {
  test("with bits flipped", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 7 })), { minLength: 1, maxLength: 4 });
    holds(fc.tuple(when, flips), (moment, list) => {
      live((datagram, nth) => {
        if (!happens(moment, nth)) return [datagram];
        const flip = (copy: Buffer) => {
          for (const [at, bit] of list) {
            const place = at % Math.max(1, copy.length);
            copy[place] = (copy[place] ?? 0) ^ (1 << bit);
          }
        };
        return [changed(datagram, flip)];
      });
    });
  });

  test("cut off, or with something behind", () => {
    holds(fc.tuple(when, fc.nat(), fc.uint8Array({ maxLength: 24 })), (moment, cut, more) => {
      live((datagram, nth) => {
        if (!happens(moment, nth)) return [datagram];
        const kept = datagram.bytes.subarray(0, cut % (datagram.bytes.length + 1));
        return [{ ...datagram, bytes: Buffer.concat([kept, more]) }];
      });
    });
  });

  test("with wrong lengths, of messages and of attributes", () => {
    const wrong = fc.constantFrom(0, 1, 3, 4, 15, 16, 17, 0x7fff, 0xffff);
    holds(fc.tuple(when, fc.nat(), wrong), (moment, at, value) => {
      live((datagram, nth) => {
        if (!happens(moment, nth)) return [datagram];
        return [
          changed(datagram, (copy) => copy.writeUInt16LE(value, (at * 4) % (copy.length - 1))),
        ];
      });
    });
  });

  test("lost, or given twice, or in another order", () => {
    const order = fc.constantFrom("lost", "twice", "late");
    holds(fc.tuple(when, order), (moment, how) => {
      let kept: Datagram[] = [];
      live((datagram, nth) => {
        if (!happens(moment, nth)) {
          const all = [datagram, ...kept];
          kept = [];
          return all;
        }
        if (how === "late") kept.push(datagram);
        return how === "twice" ? [datagram, datagram] : [];
      });
    });
  });

  test("to other requests change nothing", () => {
    const others = fc.array(fc.integer({ min: 1000, max: 2 ** 32 - 1 }), {
      minLength: 1,
      maxLength: 3,
    });
    holds(fc.tuple(when, others, fc.constantFrom(2, 3, 16, 20, 24)), (moment, sequences, type) => {
      const { outcomes } = live((datagram, nth) => {
        if (!happens(moment, nth)) return [datagram];
        const foreign = sequences.map((sequence) =>
          changed({ ...datagram, bytes: datagram.bytes.slice(0, 64) }, (copy) => {
            copy.writeUInt32LE(copy.length, 0);
            copy.writeUInt16LE(type, 4);
            copy.writeUInt32LE(sequence, 8);
            if (copy.length >= HEADER + 4) copy.writeInt32LE(-1, HEADER);
          }),
        );
        return [...foreign, datagram];
      });
      expect(said(outcomes)).toEqual(undisturbed);
    });
  });

  test("of somebody who is not the kernel change nothing", () => {
    const port = fc.integer({ min: 1, max: 2 ** 32 - 1 });
    holds(fc.tuple(when, port, fc.uint8Array({ maxLength: 80 })), (moment, sender, bytes) => {
      const { outcomes } = live((datagram, nth) => {
        if (!happens(moment, nth)) return [datagram];
        const address = Buffer.from(datagram.sender);
        address.writeUInt32LE(sender, 4);
        const refused = changed(datagram, (copy) => {
          if (copy.length >= HEADER + 4) copy.writeInt32LE(-EAGAIN, HEADER);
        });
        return [{ bytes, sender: address }, { ...refused, sender: address }, datagram];
      });
      expect(said(outcomes)).toEqual(undisturbed);
    });
  });
});
