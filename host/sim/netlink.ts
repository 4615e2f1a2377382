import { type Caller, Descriptor, type FileStat, type Received } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import type { Change, Netns, Subscriber } from "./netns.ts";
import { type Answer, answer, describe } from "./rtnetlink/index.ts";
import {
  AF_NETLINK,
  EAGAIN,
  EINVAL,
  ENOPROTOOPT,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_DROP_MEMBERSHIP,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
  POLLIN,
  POLLOUT,
  S_IFSOCK,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
  SO_SNDBUF,
  SOL_NETLINK,
  SOL_SOCKET,
} from "./uapi.ts";
import { type Message, NLMSG_HEADER, readMessages, Writer } from "./wire.ts";

/** Types below this are netlink's own (NLMSG_MIN_TYPE). */
const FIRST_REQUEST = 16;
const SOCKADDR_NL = 12;

interface Datagram {
  readonly bytes: Uint8Array;
  /** Bit mask of the multicast group it was sent to, 0 for an answer. */
  readonly groups: number;
}

/** A socket of AF_NETLINK and NETLINK_ROUTE: it stays in the namespace it was made in. */
export class NetlinkSocket extends Descriptor {
  readonly #queue: Datagram[] = [];
  readonly #groups = new Set<number>();
  readonly #options = new Set<number>();
  readonly #subscriber: Subscriber = (change) => this.#hear(change);
  #port = 0;
  #timeout = -1;
  /** The request under way; what it changes is told with its number. */
  #request: Message | undefined;

  constructor(readonly home: Netns) {
    super();
    home.subscribers.add(this.#subscriber);
  }

  override stat(): FileStat {
    return { mode: S_IFSOCK | 0o777, device: 9, inode: this.#port, size: 0, mtime: 0 };
  }

  override get events(): number {
    return POLLOUT | (this.#queue.length > 0 ? POLLIN : 0);
  }

  override close(): void {
    this.home.subscribers.delete(this.#subscriber);
  }

  /** A struct sockaddr_nl: family, padding, port, groups as a bit mask. */
  override bind(address: Uint8Array): void {
    const view = new DataView(address.buffer, address.byteOffset, address.length);
    if (address.length < SOCKADDR_NL || view.getUint16(0, true) !== AF_NETLINK) {
      throw new Errno(EINVAL);
    }
    const port = view.getUint32(4, true);
    if (this.#port !== 0 && port !== this.#port && port !== 0) throw new Errno(EINVAL);
    this.#port ||= port;
    this.#autobind();
    const mask = view.getUint32(8, true);
    for (let group = 1; group <= 32; group++) {
      if (((mask >>> (group - 1)) & 1) !== 0) this.#groups.add(group);
    }
  }

  override setsockopt(level: number, name: number, value: Uint8Array): void {
    if (level === SOL_SOCKET && name === SO_RCVTIMEO) {
      this.#timeout = timeoutOf(value);
      return;
    }
    if (level === SOL_SOCKET && [SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF].includes(name)) return;
    if (level !== SOL_NETLINK) throw new Errno(ENOPROTOOPT);
    const number = intOf(value);
    if (name === NETLINK_ADD_MEMBERSHIP) this.#groups.add(number);
    else if (name === NETLINK_DROP_MEMBERSHIP) this.#groups.delete(number);
    else if (![NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK].includes(name)) {
      throw new Errno(ENOPROTOOPT);
    } else if (number === 0) this.#options.delete(name);
    else this.#options.add(name);
  }

  /** The kernel does all that is asked before send(2) returns; only the answers wait. */
  override send(bytes: Uint8Array, caller: Caller): number {
    this.#autobind();
    for (const message of readMessages(bytes.slice())) this.#handle(message, caller);
    return bytes.length;
  }

  /** The kernel answers when all is done; what it tells everybody comes before. */
  override holdAnswers(): () => void {
    const held = this.#queue.filter(({ groups }) => groups === 0);
    const told = this.#queue.filter(({ groups }) => groups !== 0);
    this.#queue.splice(0, Number.POSITIVE_INFINITY, ...told);
    return () => {
      this.#queue.push(...held);
    };
  }

  override receive(buffer: Uint8Array, flags: number, caller: Caller): Received {
    const timeout = (flags & MSG_DONTWAIT) !== 0 ? 0 : this.#timeout;
    if (!caller.wait(() => this.#queue.length > 0, timeout)) throw new Errno(EAGAIN);
    const peek = (flags & MSG_PEEK) !== 0;
    const datagram = peek ? this.#queue[0] : this.#queue.shift();
    if (datagram === undefined) throw new Errno(EAGAIN);
    const part = datagram.bytes.subarray(0, buffer.length);
    buffer.set(part);
    const length = (flags & MSG_TRUNC) !== 0 ? datagram.bytes.length : part.length;
    const sender = new Writer().u16(AF_NETLINK).u16(0).u32(0).u32(datagram.groups);
    return { length, sender: sender.take() };
  }

  /** netlink_rcv_skb() of the kernel: one message of a datagram. */
  #handle(message: Message, caller: Caller): void {
    let error: Errno | undefined;
    if ((message.flags & NLM_F_REQUEST) !== 0 && message.type >= FIRST_REQUEST) {
      this.#request = message;
      try {
        const strict = this.#options.has(NETLINK_GET_STRICT_CHK);
        const reply = answer(message, { netns: this.home, caller, strict });
        if (reply?.dump) {
          this.#sendDump(message, reply);
          return;
        }
        for (const { type, payload } of reply?.messages ?? []) this.#reply(message, type, payload);
      } catch (refusal) {
        if (!(refusal instanceof Errno)) throw refusal;
        error = refusal;
      } finally {
        this.#request = undefined;
      }
    }
    if (error || (message.flags & NLM_F_ACK) !== 0) this.#acknowledge(message, error);
  }

  /** netlink_ack() of the kernel. */
  #acknowledge(message: Message, error: Errno | undefined): void {
    const whole = error !== undefined && !this.#options.has(NETLINK_CAP_ACK);
    const text = this.#wordsOf(error);
    const payload = new Writer().u32(-(error?.errno ?? 0));
    payload.raw(whole ? message.bytes : message.bytes.subarray(0, NLMSG_HEADER));
    while (payload.length % 4 !== 0) payload.u8(0);
    if (text !== "") payload.attrString(NLMSGERR_ATTR_MSG, text);
    const flags = (whole ? 0 : NLM_F_CAPPED) | (text === "" ? 0 : NLM_F_ACK_TLVS);
    this.#reply(message, NLMSG_ERROR, payload.take(), flags);
  }

  #reply(request: Message, type: number, payload: Uint8Array, flags = 0): void {
    const writer = new Writer().message(type, flags, request.sequence, this.#port, payload);
    this.#queue.push({ bytes: writer.take(), groups: 0 });
  }

  /** The parts of a dump, several to a datagram, and the message that ends it. */
  #sendDump(request: Message, { messages, error }: Answer): void {
    let writer = new Writer();
    const add = (type: number, flags: number, payload: Uint8Array) => {
      const size = NLMSG_HEADER + payload.length;
      if (writer.length > 0 && writer.length + size > this.home.kernel.dumpBytes) {
        this.#queue.push({ bytes: writer.take(), groups: 0 });
        writer = new Writer();
      }
      writer.message(type, NLM_F_MULTI | flags, request.sequence, this.#port, payload);
    };
    for (const { type, payload } of messages) add(type, 0, payload);
    const done = new Writer().u32(-(error?.errno ?? 0));
    const text = this.#wordsOf(error);
    if (text !== "") done.attrString(NLMSGERR_ATTR_MSG, text);
    add(NLMSG_DONE, text === "" ? 0 : NLM_F_ACK_TLVS, done.take());
    this.#queue.push({ bytes: writer.take(), groups: 0 });
  }

  /** The text of an error, if the socket wants it. */
  #wordsOf(error: Errno | undefined): string {
    return this.#options.has(NETLINK_EXT_ACK) ? (error?.extack ?? "") : "";
  }

  /** A notification. That of a link carries the number of the request that made it (Linux 6.2). */
  #hear(change: Change): void {
    const { group, type, payload } = describe(change);
    if (!this.#groups.has(group)) return;
    const cause = change.what === "link" ? this.#request : undefined;
    const port = cause ? this.#port : 0;
    const writer = new Writer().message(type, 0, cause?.sequence ?? 0, port, payload);
    this.#queue.push({ bytes: writer.take(), groups: 1 << (group - 1) });
  }

  #autobind(): void {
    this.#port ||= this.home.kernel.nextPort();
  }
}

function intOf(value: Uint8Array): number {
  if (value.length < 4) throw new Errno(EINVAL);
  return new DataView(value.buffer, value.byteOffset).getInt32(0, true);
}

/** A struct timeval, seconds and microseconds, as milliseconds; all zero means no limit. */
function timeoutOf(value: Uint8Array): number {
  if (value.length < 16) throw new Errno(EINVAL);
  const view = new DataView(value.buffer, value.byteOffset);
  const milliseconds =
    Number(view.getBigInt64(0, true)) * 1000 + Number(view.getBigInt64(8, true)) / 1000;
  return milliseconds === 0 ? -1 : milliseconds;
}
