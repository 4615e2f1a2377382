import { CniError, INVALID_CONFIG, IO_FAILURE, POOL_EXHAUSTED, systemError } from "../../cni/error";
import { IpConfig } from "../../cni/result";
import { EEXIST } from "../../linux/errno";
import { Cidr } from "../../net/cidr";
import { formatIp } from "../../net/ip";
import { RangeSet, RoundRobin } from "./range-set";
import { Range } from "./range";
import { Store } from "./store";
import { TakenSet } from "./taken";

/** After so many taken addresses in a row the directory is listed, which tells of all of them. */
const TRIES_BEFORE_LISTING: i32 = 16;

/** Reserves one address of a range set for the lease that the store has prepared. */
export class Allocation {
  ip: IpConfig | null = null;
  error: CniError | null = null;

  /** @param number of the set, which is in the name of its file. */
  constructor(
    private store: Store,
    private set: RangeSet,
    private number: i32,
  ) {}

  /** The one that the runtime asks for. */
  takeRequested(ip: Uint8Array): void {
    const range = this.set.ranges[this.set.indexOf(ip)];
    if (range.isGateway(ip)) {
      this.fail(INVALID_CONFIG, `requested IP ${formatIp(ip)} is the subnet's gateway`);
      return;
    }
    const taken = this.store.take(ip);
    if (taken == 0) {
      this.accept(ip, range);
    } else if (taken == -EEXIST) {
      const holder = this.store.contentOf(ip).replaceAll("\r\n", " ");
      this.fail(
        POOL_EXHAUSTED,
        `requested IP address ${formatIp(ip)} is not available in range set ` +
          `${this.set.toString()}: it is reserved for "${holder}"`,
      );
    } else {
      this.error = this.refusal(ip, taken);
    }
  }

  /** The next free one after the one reserved last. */
  takeNext(): void {
    const round = new RoundRobin(this.set, this.store.lastReserved(this.number));
    let taken: TakenSet | null = null;
    for (let tries = 0; round.next(); tries++) {
      if (tries == TRIES_BEFORE_LISTING) {
        taken = new TakenSet();
        const listed = taken.load(this.store.directory);
        if (listed < 0) {
          const what = `host-local: list "${this.store.directory}"`;
          this.error = systemError(IO_FAILURE, what, listed);
          return;
        }
      }
      if (taken && taken.has(round.ip)) continue;
      const result = this.store.take(round.ip);
      if (result == 0) {
        this.accept(round.ip.slice(), round.range);
        return;
      }
      if (result != -EEXIST) {
        this.error = this.refusal(round.ip, result);
        return;
      }
    }
    this.exhausted();
  }

  private accept(ip: Uint8Array, range: Range): void {
    this.ip = new IpConfig(new Cidr(ip, range.subnet.prefix), range.gateway);
    this.error = this.store.setLastReserved(this.number, ip);
    if (this.error) this.store.remove(ip);
  }

  private exhausted(): void {
    const directory = this.store.directory;
    this.fail(
      POOL_EXHAUSTED,
      `no IP addresses available in range set: ${this.set.toString()}: ` +
        `all ${this.set.size.toString()} addresses are reserved in "${directory}"`,
      "each file named by an address is a lease; it holds the container id and the interface. " +
        `List them: grep -r . "${directory}". Free those of containers that are gone: ` +
        "let the runtime run GC, or DEL for the container, or remove the file",
    );
  }

  private refusal(ip: Uint8Array, errno: i32): CniError {
    const what = `host-local: reserve ${formatIp(ip)} in "${this.store.directory}"`;
    return systemError(IO_FAILURE, what, errno);
  }

  private fail(code: i32, msg: string, details: string = ""): void {
    const range = this.number.toString();
    this.error = new CniError(code, `failed to allocate for range ${range}: ${msg}`, details);
  }
}
