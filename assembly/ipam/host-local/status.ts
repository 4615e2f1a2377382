import { CmdArgs } from "../../cni/cmdargs";
import { CniError, NOT_AVAILABLE, systemError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { Result } from "../../cni/result";
import { checkKeys, HostLocalConf } from "./conf";
import { Owner } from "./lease";
import { RoundRobin } from "./range-set";
import { readResolvConf } from "./resolv-conf";
import { Store } from "./store";
import { TakenSet } from "./taken";

/** Ready if the data directory can be written, and each range set has a free address. */
export function statusOfPool(args: CmdArgs, conf: NetConf): CniError | null {
  const own = new HostLocalConf();
  let error = own.load(args, conf);
  if (!error) error = checkKeys(conf).refuse();
  if (error) return error;
  if (own.resolvConf.length > 0) error = readResolvConf(own.resolvConf, new Result().dns);
  const store = new Store(own.directory);
  if (!error) error = store.open();
  if (!error) error = tryWrite(store);
  if (!error) error = requireFree(store, own);
  store.close();
  return error ? new CniError(NOT_AVAILABLE, error.msg, error.details) : null;
}

/** A read-only or full disk shows only when something is written. */
function tryWrite(store: Store): CniError | null {
  const wasComplete = store.index.isComplete;
  const error = store.begin(new Owner("status", "status"));
  if (!error) store.end();
  if (wasComplete) store.index.markComplete();
  return error;
}

function requireFree(store: Store, own: HostLocalConf): CniError | null {
  const taken = new TakenSet();
  const listed = taken.load(store.directory);
  if (listed < 0) {
    return systemError(NOT_AVAILABLE, `host-local: list "${store.directory}"`, listed);
  }
  for (let i = 0; i < own.sets.length; i++) {
    const set = own.sets[i];
    const round = new RoundRobin(set, store.lastReserved(i));
    let isFree = false;
    while (!isFree && round.next()) isFree = !taken.has(round.ip);
    if (isFree) continue;
    return new CniError(
      NOT_AVAILABLE,
      `no IP addresses available in range set ${i.toString()}: ${set.toString()}: ` +
        `all ${set.size.toString()} addresses are reserved in "${store.directory}"`,
    );
  }
  return null;
}
