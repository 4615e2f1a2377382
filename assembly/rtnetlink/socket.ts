import * as host from "../sys/host";
import { close, waitFor } from "../sys/io";
import { EAGAIN, EINTR, ENOBUFS, EIO, EMSGSIZE } from "../linux/errno";
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../linux/netlink";
import { POLLIN } from "../linux/poll";
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_NETLINK,
} from "../linux/socket";
import { MessageReader, MessageWriter } from "./message";

// struct sockaddr_nl (linux/netlink.h): u16 family, u16 pad, u32 port id, u32 groups.
const ADDRESS: i32 = 12;

/** The kernel makes no datagram of a dump larger than 32 KiB. */
const BUFFER: i32 = 64 * 1024;

/** More acknowledgements than that, unread, could overrun the socket's receive buffer. */
const BATCH: i32 = 64;

/** A dump during which something changed is asked for again, that often. */
const DUMP_TRIES: i32 = 10;

/** Why the kernel refused a request. */
export class NetlinkError {
  /**
   * @param errno positive.
   * @param index which of the messages it is about.
   * @param isRefusal true if the kernel said so, and nothing came about; false if the conversation
   *   with it broke, and who knows.
   * @param text the kernel's own words (extended acknowledgement), or the empty string.
   */
  constructor(
    public errno: i32,
    public index: i32,
    public isRefusal: bool = false,
    public text: string = "",
  ) {}
}

/** Takes what the kernel answers to a question, message by message. */
export abstract class Visitor {
  /** Forget what came so far: the answer is given again from the beginning. */
  reset(): void {}

  abstract visit(message: MessageReader): void;
}

/** Discards answers, for requests that only do something. */
class Nobody extends Visitor {
  visit(_message: MessageReader): void {}
}

/**
 * An rtnetlink socket, which stays bound to the network namespace that it was opened in.
 *
 * The kernel does its work inside send(2): every answer, or the first part of a dump, lies in the
 * receive buffer when send returns. So nothing here waits, and nothing can hang.
 */
export class RtnlSocket {
  private fd: i32 = -1;
  private sequence: u32 = 1;
  private buffer: ArrayBuffer = new ArrayBuffer(BUFFER);
  private address: ArrayBuffer = new ArrayBuffer(ADDRESS);
  private addressLength: ArrayBuffer = new ArrayBuffer(4);

  /** Opens it in the current namespace. Returns 0 or -errno. */
  open(): i32 {
    const fd = host.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return fd;
    this.fd = fd;
    // Old kernels lack these; without them answers are longer, wordless and unfiltered, but right.
    this.setOption(NETLINK_EXT_ACK, 1);
    this.setOption(NETLINK_CAP_ACK, 1);
    this.setOption(NETLINK_GET_STRICT_CHK, 1);
    memory.fill(changetype<usize>(this.address), 0, ADDRESS);
    store<u16>(changetype<usize>(this.address), AF_NETLINK);
    const bound = host.bind(fd, changetype<usize>(this.address), ADDRESS);
    if (bound < 0) this.close();
    return min(bound, 0);
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
  }

  /** Subscribes to notifications (RTNLGRP_*). Returns 0 or -errno. */
  listen(group: i32): i32 {
    return this.setOption(NETLINK_ADD_MEMBERSHIP, group);
  }

  /**
   * Waits until a notification arrives and takes all that are there. Returns 1, 0 after `timeout`
   * milliseconds, or -errno. What they say is not looked at: some may have been lost.
   */
  waitForNotification(timeout: i32): i32 {
    const ready = waitFor(this.fd, POLLIN, timeout);
    if (ready == -EINTR) return 1;
    if (ready <= 0) return ready;
    while (true) {
      const length = this.receive();
      if (length == -EAGAIN || length == -ENOBUFS) return 1;
      if (length < 0) return length;
    }
  }

  /** Sends all messages of `writer`. Null if the kernel did them all, else the first refusal. */
  execute(writer: MessageWriter): NetlinkError | null {
    return this.ask(writer, new Nobody());
  }

  /** Like `execute`; `visitor` gets what the kernel answers besides. */
  ask(writer: MessageWriter, visitor: Visitor): NetlinkError | null {
    if (writer.isBroken) return new NetlinkError(EMSGSIZE, 0);
    let first: NetlinkError | null = null;
    for (let from = 0; from < writer.count; from += BATCH) {
      const error = this.askBatch(writer, from, min(from + BATCH, writer.count), visitor);
      if (!first) first = error;
    }
    return first;
  }

  /** Asks for all objects of a kind. */
  dump(writer: MessageWriter, visitor: Visitor): NetlinkError | null {
    let error = this.dumpOnce(writer, visitor);
    for (let i = 1; i < DUMP_TRIES && error && error.errno == EINTR; i++) {
      visitor.reset();
      error = this.dumpOnce(writer, visitor);
    }
    return error;
  }

  private askBatch(
    writer: MessageWriter,
    from: i32,
    to: i32,
    visitor: Visitor,
  ): NetlinkError | null {
    const sent = this.send(writer, from, to);
    if (sent < 0) return new NetlinkError(-sent, from);
    const last = this.sequence - 1;
    const base = this.sequence - (to - from);
    let first: NetlinkError | null = null;
    while (true) {
      const length = this.receive();
      if (length < 0) return first ? first : new NetlinkError(-length, from);
      const reader = new MessageReader(changetype<usize>(this.buffer), length);
      while (reader.next()) {
        if (reader.sequence - base > last - base) continue;
        if (reader.type != NLMSG_ERROR) {
          visitor.visit(reader);
          continue;
        }
        if (reader.error < 0 && !first) {
          const index = from + <i32>(reader.sequence - base);
          first = new NetlinkError(-reader.error, index, true, reader.errorText);
        }
        if (reader.sequence == last) return first;
      }
      if (reader.isBroken) return first ? first : new NetlinkError(EIO, from);
    }
  }

  private dumpOnce(writer: MessageWriter, visitor: Visitor): NetlinkError | null {
    const sent = this.send(writer, 0, 1);
    if (sent < 0) return new NetlinkError(-sent, 0);
    let isInterrupted = false;
    while (true) {
      const length = this.receive();
      if (length < 0) return new NetlinkError(-length, 0);
      const reader = new MessageReader(changetype<usize>(this.buffer), length);
      while (reader.next()) {
        if (reader.sequence != this.sequence - 1) continue;
        if ((reader.flags & NLM_F_DUMP_INTR) != 0) isInterrupted = true;
        if (reader.type == NLMSG_ERROR || reader.type == NLMSG_DONE) {
          if (reader.error < 0) return new NetlinkError(-reader.error, 0, true, reader.errorText);
          return isInterrupted ? new NetlinkError(EINTR, 0) : null;
        }
        visitor.visit(reader);
      }
      if (reader.isBroken) return new NetlinkError(EIO, 0);
    }
  }

  private send(writer: MessageWriter, from: i32, to: i32): i32 {
    // All are numbered alike, so that message i of the whole has number sequence - from + i.
    writer.setSequence(this.sequence - from);
    this.sequence += to - from;
    const start = writer.addressOf(from);
    const length = <i32>(writer.addressOf(to) - start);
    let sent = -EINTR;
    while (sent == -EINTR) sent = host.send(this.fd, start, length, 0);
    return sent < 0 ? sent : sent == length ? 0 : -EIO;
  }

  /** One datagram of the kernel's. Returns its length, or -errno: EAGAIN where there is none. */
  private receive(): i32 {
    const buffer = changetype<usize>(this.buffer);
    const address = changetype<usize>(this.address);
    const addressLength = changetype<usize>(this.addressLength);
    while (true) {
      store<u32>(addressLength, ADDRESS);
      const flags = MSG_DONTWAIT | MSG_TRUNC;
      const length = host.recvfrom(this.fd, buffer, BUFFER, flags, address, addressLength);
      if (length == -EINTR) continue;
      if (length < 0) return length;
      if (length > BUFFER) return -EMSGSIZE;
      // A process in the container's namespace may send here too: only port 0 is the kernel.
      if (load<u32>(addressLength) == <u32>ADDRESS && load<u32>(address + 4) == 0) return length;
    }
  }

  private setOption(option: i32, value: i32): i32 {
    const bytes = changetype<usize>(new ArrayBuffer(4));
    store<i32>(bytes, value);
    return host.setsockopt(this.fd, SOL_NETLINK, option, bytes, 4);
  }
}
