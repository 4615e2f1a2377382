import {
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSGERR_ATTR_MSG,
} from "../linux/netlink";
import { align, AttrReader, AttrWriter } from "./attr";

// struct nlmsghdr (linux/netlink.h):
//
//   0            4      6       8              12            16
//   +------------+------+-------+--------------+-------------+
//   | length     | type | flags | sequence     | port id     |
//   +------------+------+-------+--------------+-------------+
const HEADER: i32 = 16;

/** Writes one message after the other; they are sent together and acknowledged one by one. */
export class MessageWriter extends AttrWriter {
  private starts: i32[] = [];

  /** Begins a request that the kernel acknowledges. */
  begin(type: i32, flags: i32): void {
    this.start(type, NLM_F_REQUEST | NLM_F_ACK | flags);
  }

  /** Begins a question that the kernel answers by all objects of a kind. */
  beginDump(type: i32): void {
    this.start(type, NLM_F_REQUEST | NLM_F_DUMP);
  }

  end(): void {
    const start = this.starts[this.starts.length - 1];
    store<u32>(changetype<usize>(this.buffer) + start, this.length - start);
  }

  /** How many messages there are. */
  get count(): i32 {
    return this.starts.length;
  }

  /** The place of message `index`; that of message `count` is the end. */
  addressOf(index: i32): usize {
    const offset = index < this.count ? this.starts[index] : this.length;
    return changetype<usize>(this.buffer) + offset;
  }

  /** Numbers the messages, upwards from `first`. */
  setSequence(first: u32): void {
    for (let i = 0; i < this.count; i++) store<u32>(this.addressOf(i) + 8, first + i);
  }

  private start(type: i32, flags: i32): void {
    this.starts.push(this.length);
    this.rawU32(0);
    this.rawU16(type);
    this.rawU16(flags);
    this.rawU32(0);
    this.rawU32(0);
  }
}

/** Walks over the messages of one datagram. */
export class MessageReader {
  /** True if a message claimed to be longer than the datagram. */
  isBroken: bool = false;
  type: i32 = 0;
  flags: i32 = 0;
  sequence: u32 = 0;
  private payload: usize = 0;
  private payloadEnd: usize = 0;
  private at: usize;
  private end: usize;

  constructor(start: usize, length: i32) {
    this.at = start;
    this.end = start + length;
  }

  next(): bool {
    if (this.isBroken || this.at == this.end) return false;
    const room = <u32>(this.end - this.at);
    const length: u32 = room < <u32>HEADER ? 0 : load<u32>(this.at);
    if (length < <u32>HEADER || length > room) {
      this.isBroken = true;
      return false;
    }
    this.type = load<u16>(this.at, 4);
    this.flags = load<u16>(this.at, 6);
    this.sequence = load<u32>(this.at, 8);
    this.payload = this.at + HEADER;
    this.payloadEnd = this.at + length;
    // The last message of a datagram may lack its padding.
    this.at += min(align(<i32>length), <i32>room);
    return true;
  }

  /** A field of the fixed header at the beginning of the payload; 0 past the end. */
  u8(offset: i32): i32 {
    return this.has(offset, 1) ? load<u8>(this.payload + offset) : 0;
  }

  u16(offset: i32): i32 {
    return this.has(offset, 2) ? load<u16>(this.payload + offset) : 0;
  }

  u32(offset: i32): u32 {
    return this.has(offset, 4) ? load<u32>(this.payload + offset) : 0;
  }

  /** The attributes after a fixed header of `offset` bytes. */
  attributes(offset: i32): AttrReader {
    const start = this.has(offset, 0) ? this.payload + offset : this.payloadEnd;
    return new AttrReader(start, this.payloadEnd);
  }

  /** The error of an NLMSG_ERROR or NLMSG_DONE: 0 or -errno. */
  get error(): i32 {
    return <i32>this.u32(0);
  }

  /** What the kernel says about the error in words (NLMSGERR_ATTR_MSG), or the empty string. */
  get errorText(): string {
    if ((this.flags & NLM_F_ACK_TLVS) == 0) return "";
    const attributes = this.attributes(4 + this.echoLength);
    while (attributes.next()) {
      if (attributes.type == NLMSGERR_ATTR_MSG) return attributes.text;
    }
    return "";
  }

  /** Between the error and the words: in struct nlmsgerr the request, its header only if capped. */
  private get echoLength(): i32 {
    if (this.type == NLMSG_DONE) return 0;
    return (this.flags & NLM_F_CAPPED) != 0 ? HEADER : align(<i32>this.u32(4));
  }

  private has(offset: i32, count: i32): bool {
    return offset >= 0 && this.payload + offset + count <= this.payloadEnd;
  }
}
