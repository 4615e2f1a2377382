import { equalBytes } from "../../net/ip";
import { increment } from "../../net/order";
import { Range } from "./range";

/** Ranges of one family that one address is allocated from. */
export class RangeSet {
  ranges: Range[] = [];

  /** Which of the ranges holds `ip`, or -1. */
  indexOf(ip: Uint8Array): i32 {
    for (let i = 0; i < this.ranges.length; i++) if (this.ranges[i].contains(ip)) return i;
    return -1;
  }

  overlaps(other: RangeSet): bool {
    for (let i = 0; i < other.ranges.length; i++) {
      for (let j = 0; j < this.ranges.length; j++) {
        if (this.ranges[j].overlaps(other.ranges[i])) return true;
      }
    }
    return false;
  }

  get isIpv4(): bool {
    return this.ranges[0].subnet.isIpv4;
  }

  get size(): u64 {
    let sum: u64 = 0;
    for (let i = 0; i < this.ranges.length; i++) {
      const size = this.ranges[i].size;
      if (sum + size < sum) return u64.MAX_VALUE;
      sum += size;
    }
    return sum;
  }

  toString(): string {
    const texts: string[] = [];
    for (let i = 0; i < this.ranges.length; i++) texts.push(this.ranges[i].toString());
    return texts.join(",");
  }
}

/**
 * Goes once round a range set: from the address after the one reserved last, through the rest of
 * its range and the ranges after it, back to the one reserved last. Gateways are passed over.
 */
export class RoundRobin {
  /** Where `next` has arrived; the bytes change with each step. */
  readonly ip: Uint8Array;
  private index: i32 = 0;
  private isStarted: bool = false;
  private wasRound: bool = false;
  private first: Uint8Array = new Uint8Array(0);
  private firstIndex: i32 = 0;

  /** @param last the address reserved last, or null; one outside the set is as none. */
  constructor(
    private set: RangeSet,
    last: Uint8Array | null,
  ) {
    const index = last ? set.indexOf(last) : -1;
    this.ip = set.ranges[0].start.slice();
    if (last && index >= 0) {
      this.index = index;
      this.ip.set<Uint8Array>(last);
      this.step();
    }
    this.first = this.ip.slice();
    this.firstIndex = this.index;
  }

  get range(): Range {
    return this.set.ranges[this.index];
  }

  /** Goes to the next address; false after the last one. */
  next(): bool {
    do {
      if (this.isStarted) this.step();
      else this.isStarted = true;
      if (this.wasRound) return false;
    } while (this.range.isGateway(this.ip));
    return true;
  }

  private step(): void {
    if (equalBytes(this.ip, this.range.end)) {
      this.index = (this.index + 1) % this.set.ranges.length;
      this.ip.set<Uint8Array>(this.range.start);
    } else {
      increment(this.ip);
    }
    if (this.isStarted && this.index == this.firstIndex && equalBytes(this.ip, this.first)) {
      this.wasRound = true;
    }
  }
}
