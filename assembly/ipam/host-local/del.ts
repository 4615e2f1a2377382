import { CmdArgs } from "../../cni/cmdargs";
import { CniError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { HostLocalConf } from "./conf";
import { Owner } from "./lease";
import { Store } from "./store";

/**
 * Frees what a container's interface has, by their names: it does not matter what has become of the
 * ranges and the other keys since ADD.
 */
export function deleteLeases(args: CmdArgs, conf: NetConf): CniError | null {
  const own = new HostLocalConf();
  let error = own.loadDirectory(conf);
  if (error) return error;
  const store = new Store(own.directory);
  if (!store.exists) return null;
  error = store.open();
  if (error) return error;
  error = release(store, new Owner(args.containerId, args.ifname));
  store.close();
  return error;
}

function release(store: Store, owner: Owner): CniError | null {
  const wasComplete = store.index.isComplete;
  const ips = store.find(owner, wasComplete);
  let first: CniError | null = null;
  for (let i = 0; i < ips.length; i++) {
    const error = store.remove(ips[i]);
    if (!first) first = error;
  }
  if (!first) {
    store.index.remove(owner);
    store.forget(owner.legacy);
  }
  if (wasComplete) store.index.markComplete();
  return first ? first : store.trouble;
}
