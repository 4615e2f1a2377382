import { type Message, readMessages } from "../../host/sim/wire.ts";
import type { Netns } from "../../host/sim/index.ts";
import { NetlinkSocket } from "../../host/sim/netlink.ts";
import * as U from "../../host/sim/uapi.ts";

/** A caller that owns no descriptor and whose time does not pass. */
const NOBODY = {
  netnsOf: () => {
    throw new Error("no descriptor");
  },
  wait: (ready: () => boolean) => ready(),
};

/** What the kernel said to one request. */
export interface Reply {
  /** The messages that came before the acknowledgement or the end of the dump. */
  readonly messages: Message[];
  /** errno of the acknowledgement or of the end of the dump, 0 where all is well. */
  readonly errno: number;
  /** Text of the extended acknowledgement. */
  readonly text: string;
  /** The acknowledgement as it came. */
  readonly raw: Uint8Array;
}

/** Which descriptor number stands for which namespace. */
export type Descriptors = Readonly<Record<number, Netns>>;

/** A netlink socket of a test, in a namespace of a simulated machine. */
export class Client {
  readonly socket: NetlinkSocket;
  readonly #descriptors: Descriptors;

  constructor(
    netns: Netns,
    options: readonly number[] = [U.NETLINK_EXT_ACK],
    fds: Descriptors = {},
  ) {
    this.socket = new NetlinkSocket(netns);
    this.#descriptors = fds;
    for (const option of options) this.set(option, 1);
  }

  set(option: number, value: number): void {
    this.socket.setsockopt(U.SOL_NETLINK, option, Uint8Array.of(value, 0, 0, 0));
  }

  send(datagram: Uint8Array): void {
    const netnsOf = (fd: number) => this.#descriptors[fd] ?? NOBODY.netnsOf();
    this.socket.send(datagram, { ...NOBODY, netnsOf });
  }

  /** The messages of everything that waits, datagram by datagram. */
  receive(): Message[][] {
    const datagrams: Message[][] = [];
    while ((this.socket.events & U.POLLIN) !== 0) {
      const buffer = new Uint8Array(65536);
      const { length } = this.socket.receive(buffer, 0, NOBODY);
      datagrams.push(readMessages(buffer.subarray(0, length)));
    }
    return datagrams;
  }

  /** Sends one request and takes what answers it. */
  ask(request: Uint8Array): Reply {
    this.send(request);
    const messages = this.receive().flat();
    const end = messages.at(-1);
    if (end === undefined) throw new Error("no answer");
    if (end.type !== U.NLMSG_ERROR && end.type !== U.NLMSG_DONE) {
      return { messages, errno: 0, text: "", raw: end.bytes };
    }
    const view = new DataView(end.payload.buffer);
    return {
      messages: messages.slice(0, -1),
      errno: 0 - view.getInt32(0, true),
      text: textOf(end),
      raw: end.bytes,
    };
  }
}

/** The text of an extended acknowledgement (NLMSGERR_ATTR_MSG), or the empty string. */
function textOf({ type, flags, payload }: Message): string {
  if ((flags & U.NLM_F_ACK_TLVS) === 0) return "";
  const view = new DataView(payload.buffer);
  const header = (flags & U.NLM_F_CAPPED) !== 0 ? 16 : view.getUint32(4, true);
  const request = type === U.NLMSG_DONE ? 0 : header;
  let offset = 4 + ((request + 3) & ~3);
  while (offset < payload.length) {
    const length = view.getUint16(offset, true);
    const value = payload.subarray(offset + 4, offset + length);
    if (view.getUint16(offset + 2, true) === U.NLMSGERR_ATTR_MSG) {
      return new TextDecoder().decode(value.subarray(0, value.indexOf(0)));
    }
    offset += (length + 3) & ~3;
  }
  return "";
}

/** Bytes of a text of hexadecimal digits. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
