import { CmdArgs } from "../../cni/cmdargs";
import { CniError, INVALID_CONFIG, INVALID_ENVIRONMENT } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { Result } from "../../cni/result";
import { formatIp, joinIps } from "../../net/ip";
import { Allocation } from "./allocate";
import { checkKeys, HostLocalConf } from "./conf";
import { Owner } from "./lease";
import { CONTENT_MAX } from "./lease-file";
import { RangeSet } from "./range-set";
import { readResolvConf } from "./resolv-conf";
import { Store } from "./store";

/** Reserves one address of each range set, or none at all. */
export function addLeases(args: CmdArgs, conf: NetConf, result: Result): CniError | null {
  const own = new HostLocalConf();
  let error = own.load(args, conf);
  if (!error) error = checkKeys(conf).report();
  if (!error && own.resolvConf.length > 0) error = readResolvConf(own.resolvConf, result.dns);
  if (error) return error;
  const owner = new Owner(args.containerId, args.ifname);
  if (String.UTF8.byteLength(owner.toString()) >= CONTENT_MAX) {
    return new CniError(INVALID_ENVIRONMENT, "CNI_CONTAINERID is too long to be put into a lease");
  }
  const store = new Store(own.directory);
  error = store.open();
  if (error) return error;
  error = new Reservation(store, own, owner).run(result);
  store.close();
  result.routes = own.routes;
  return error;
}

class Reservation {
  private taken: Uint8Array[] = [];

  constructor(
    private store: Store,
    private conf: HostLocalConf,
    private owner: Owner,
  ) {}

  run(result: Result): CniError | null {
    let error: CniError | null = null;
    if (!this.store.index.isComplete) error = this.store.rebuildIndex();
    if (error) return error;
    const owned = this.store.findIndexed(this.owner);
    error = this.requireNone(owned);
    if (!error) error = this.requireNone(this.store.findIndexed(this.owner.legacy));
    for (let i = 0; i < this.conf.sets.length && !error; i++) error = this.reserve(i, result);
    if (!error && this.conf.requested.length > 0) {
      const ips = joinIps(this.conf.requested);
      error = new CniError(INVALID_CONFIG, `failed to allocate all requested IPs: ${ips}`);
    }
    if (error) this.giveBack();
    else this.store.index.set(this.owner, owned.concat(this.taken));
    this.store.index.markComplete();
    return error;
  }

  /** A second ADD without a DEL would lose the first one's addresses. */
  private requireNone(ips: Uint8Array[]): CniError | null {
    for (let i = 0; i < ips.length; i++) {
      for (let j = 0; j < this.conf.sets.length; j++) {
        if (this.conf.sets[j].indexOf(ips[i]) < 0) continue;
        return new CniError(
          INVALID_CONFIG,
          `${formatIp(ips[i])} has been allocated to ${this.owner.containerId}, ` +
            "duplicate allocation is not allowed: " +
            `interface "${this.owner.ifname}" needs a DEL first`,
        );
      }
    }
    return null;
  }

  private reserve(number: i32, result: Result): CniError | null {
    const set = this.conf.sets[number];
    const allocation = new Allocation(this.store, set, number);
    const requested = this.takeRequest(set);
    const error = this.store.begin(this.owner);
    if (error) return error;
    if (requested) allocation.takeRequested(requested);
    else allocation.takeNext();
    this.store.end();
    const ip = allocation.ip;
    if (ip && !allocation.error) {
      this.taken.push(ip.address.ip);
      result.ips.push(ip);
    }
    return allocation.error;
  }

  /** The first request that the set can answer; it is not asked of another set. */
  private takeRequest(set: RangeSet): Uint8Array | null {
    const requested = this.conf.requested;
    for (let i = 0; i < requested.length; i++) {
      if (set.indexOf(requested[i]) >= 0) return requested.splice(i, 1)[0];
    }
    return null;
  }

  private giveBack(): void {
    for (let i = 0; i < this.taken.length; i++) this.store.remove(this.taken[i]);
  }
}
