import { type Caller, Descriptor, type FileStat, type Received } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import { destinationOf, HEADER, isForMany, typeOf } from "./frame.ts";
import type { Link } from "./link.ts";
import type { Netns } from "./netns.ts";
import { transmit } from "./segment.ts";
import {
  AF_PACKET,
  ARPHRD_ETHER,
  EAGAIN,
  EINVAL,
  EMSGSIZE,
  ENETDOWN,
  ENODEV,
  ENXIO,
  ETH_P_ALL,
  MSG_DONTWAIT,
  MSG_TRUNC,
  POLLIN,
  POLLOUT,
  S_IFSOCK,
} from "./uapi.ts";
import { Writer } from "./wire.ts";

const SOCKADDR_LL = 20;

/** PACKET_* (linux/if_packet.h): to this interface, to everybody, to a group. */
function kindOf(frame: Uint8Array): number {
  if (!isForMany(frame)) return 0;
  return destinationOf(frame).every((byte) => byte === 0xff) ? 1 : 2;
}

/** A socket of AF_PACKET and SOCK_RAW (net/packet/af_packet.c): whole frames of one interface. */
export class PacketSocket extends Descriptor {
  readonly #queue: Uint8Array[] = [];
  readonly #hear = (frame: Uint8Array) => this.#take(frame);
  #link: Link | undefined;
  #protocol = 0;
  /** What the next call comes to hear (sk_err). */
  #error = 0;

  constructor(readonly home: Netns) {
    super();
  }

  override stat(): FileStat {
    return { mode: S_IFSOCK | 0o777, device: 9, inode: 1, size: 0, mtime: 0 };
  }

  override get events(): number {
    return POLLOUT | (this.#queue.length > 0 || this.#error !== 0 ? POLLIN : 0);
  }

  override close(): void {
    this.#link?.listeners.delete(this.#hear);
  }

  /** A struct sockaddr_ll: family, protocol (big-endian), index and what does not matter here. */
  override bind(address: Uint8Array): void {
    const view = new DataView(address.buffer, address.byteOffset, address.length);
    if (address.length < SOCKADDR_LL || view.getUint16(0, true) !== AF_PACKET) {
      throw new Errno(EINVAL);
    }
    const index = view.getInt32(4, true);
    const link = this.home.links.get(index);
    if (index !== 0 && link === undefined) throw new Errno(ENODEV);
    // none is that of before
    const protocol = view.getUint16(2) || this.#protocol;
    if (link === this.#link && protocol === this.#protocol) return;
    this.close();
    this.#link = link;
    this.#protocol = protocol;
    link?.listeners.add(this.#hear);
    if (protocol !== 0 && link && !link.up) this.#error = ENETDOWN;
  }

  override send(bytes: Uint8Array): number {
    if (this.#link === undefined) throw new Errno(ENXIO);
    if (!this.#link.up) throw new Errno(ENETDOWN);
    this.#throwError();
    if (bytes.length > this.#link.mtu + HEADER) throw new Errno(EMSGSIZE);
    if (bytes.length < HEADER) throw new Errno(EINVAL);
    transmit(this.#link, bytes.slice());
    return bytes.length;
  }

  override receive(buffer: Uint8Array, flags: number, caller: Caller): Received {
    const timeout = (flags & MSG_DONTWAIT) !== 0 ? 0 : -1;
    const isReady = caller.wait(() => (this.events & POLLIN) !== 0, timeout);
    this.#throwError();
    const frame = this.#queue.shift();
    if (!isReady || frame === undefined) throw new Errno(EAGAIN);
    const part = frame.subarray(0, buffer.length);
    buffer.set(part);
    const sender = new Writer().u16(AF_PACKET).u8(frame[12] ?? 0, frame[13] ?? 0);
    sender
      .u32(this.#link?.index ?? 0)
      .u16(ARPHRD_ETHER)
      .u8(kindOf(frame), 6)
      .raw(frame.subarray(6, 12))
      .u16(0);
    const length = (flags & MSG_TRUNC) !== 0 ? frame.length : part.length;
    return { length, sender: sender.take() };
  }

  #take(frame: Uint8Array): void {
    const isHeard = this.#protocol === ETH_P_ALL || this.#protocol === typeOf(frame);
    if (isHeard) this.#queue.push(frame);
  }

  #throwError(): void {
    const error = this.#error;
    this.#error = 0;
    if (error !== 0) throw new Errno(error);
  }
}
