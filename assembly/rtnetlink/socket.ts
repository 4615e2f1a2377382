import * as host from "../sys/host";
import { allocate, close, waitFor } from "../sys/io";
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
import { BackgroundSend } from "../sys/background";
import { monotonicMs } from "../sys/clock";
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

/** Looks out for a notification. */
export abstract class Sign extends Visitor {
  isSeen: bool = false;
}

/** What the kernel has said so far to messages that were sent together. */
class Answers {
  /** True once the last one is answered. */
  isComplete: bool = false;
  /** The first refusal. */
  failure: NetlinkError | null = null;

  /**
   * @param base the number of the first message.
   * @param last that of the last one.
   * @param from which message of the whole the first one is.
   */
  constructor(
    private base: u32,
    private last: u32,
    private from: i32,
  ) {}

  /** True if a message answers one of them. */
  isOne(message: MessageReader): bool {
    return message.sequence - this.base <= this.last - this.base;
  }

  /** Takes an answer: an acknowledgement. */
  take(message: MessageReader): void {
    if (message.error < 0 && !this.failure) {
      const index = this.from + <i32>(message.sequence - this.base);
      this.failure = new NetlinkError(-message.error, index, true, message.errorText);
    }
    if (message.sequence == this.last) this.isComplete = true;
  }
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
  private buffer: ArrayBuffer = allocate(BUFFER);
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

  get isOpen(): bool {
    return this.fd >= 0;
  }

  close(): void {
    if (this.isOpen) close(this.fd);
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

  /**
   * Sends the messages of `writer`, all from message `start` on. Null if the kernel did them all,
   * else the first refusal.
   */
  execute(writer: MessageWriter, start: i32 = 0): NetlinkError | null {
    return this.ask(writer, new Nobody(), start);
  }

  /** Like `execute`; `visitor` gets what the kernel answers besides. */
  ask(writer: MessageWriter, visitor: Visitor, start: i32 = 0): NetlinkError | null {
    if (writer.isBroken) return new NetlinkError(EMSGSIZE, 0);
    let first: NetlinkError | null = null;
    for (let from = start; from < writer.count; from += BATCH) {
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

  /**
   * Sends the one message of `writer`, whose work is done long before send(2) returns, and returns
   * when the kernel has refused it or given the sign that it is done. The socket must be subscribed
   * to what the sign is part of, and is good for nothing else afterwards.
   *
   * @param patience milliseconds; after them the end of the send is waited for.
   */
  executeUntil(writer: MessageWriter, sign: Sign, patience: i32): NetlinkError | null {
    writer.setSequence(this.sequence);
    const answers = new Answers(this.sequence, this.sequence, 0);
    this.sequence++;
    const sending = new BackgroundSend();
    const start = writer.addressOf(0);
    const started = sending.start(this.fd, start, <i32>(writer.addressOf(1) - start));
    if (started < 0) return new NetlinkError(-started, 0);
    const deadline = monotonicMs() + patience;
    let rest: i64 = patience;
    while (!sign.isSeen && !answers.isComplete && !sending.isDone) {
      if (rest > 0) sending.wait(this.fd, <i32>rest);
      else sending.wait(-1, -1);
      this.drain(answers, sign);
      rest = deadline - monotonicMs();
    }
    const isOver = sign.isSeen || answers.isComplete;
    const sent = isOver ? 0 : sending.result();
    sending.close();
    if (isOver) return answers.failure;
    return new NetlinkError(sent < 0 ? -sent : EAGAIN, 0);
  }

  /** Takes what has arrived. ENOBUFS says that notifications were lost, and others may be there. */
  private drain(answers: Answers, visitor: Visitor): void {
    let length = this.receive();
    if (length == -ENOBUFS) length = this.receive();
    while (length >= 0) {
      const reader = new MessageReader(changetype<usize>(this.buffer), length);
      while (reader.next()) {
        if (reader.type != NLMSG_ERROR) visitor.visit(reader);
        else if (answers.isOne(reader)) answers.take(reader);
      }
      length = this.receive();
    }
  }

  private askBatch(
    writer: MessageWriter,
    from: i32,
    to: i32,
    visitor: Visitor,
  ): NetlinkError | null {
    const sent = this.send(writer, from, to);
    if (sent < 0) return new NetlinkError(-sent, from);
    const answers = new Answers(this.sequence - (to - from), this.sequence - 1, from);
    while (!answers.isComplete) {
      const length = this.receive();
      const reader = new MessageReader(changetype<usize>(this.buffer), max(length, 0));
      while (!answers.isComplete && reader.next()) {
        if (!answers.isOne(reader)) continue;
        if (reader.type == NLMSG_ERROR) answers.take(reader);
        else visitor.visit(reader);
      }
      if (answers.failure && (length < 0 || reader.isBroken)) break;
      if (length < 0) return new NetlinkError(-length, from);
      if (reader.isBroken) return new NetlinkError(EIO, from);
    }
    return answers.failure;
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
