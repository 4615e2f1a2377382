import { CmdArgs } from "../../cni/cmdargs";
import { CniError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { readResult } from "../../cni/result-read";
import { Fields, Problem } from "../../json/fields";
import { statPath } from "../../sys/stat";
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
  if (statPath(own.directory).errno != 0) return null;
  const store = new Store(own.directory);
  error = store.open();
  if (error) return error;
  error = release(store, new Owner(args.containerId, args.ifname), previousIps(conf));
  store.close();
  return error;
}

function release(store: Store, owner: Owner, hints: Uint8Array[]): CniError | null {
  const wasComplete = store.index.isComplete;
  const ips = store.find(owner, hints);
  let first: CniError | null = null;
  for (let i = 0; i < ips.length; i++) {
    const error = store.remove(ips[i]);
    if (!first) first = error;
  }
  if (!first) store.index.remove(owner);
  if (wasComplete) store.index.markComplete();
  return first;
}

/** The addresses of prevResult, as far as it can be read. */
export function previousIps(conf: NetConf): Uint8Array[] {
  const ips: Uint8Array[] = [];
  const previous = conf.prevResult;
  if (!previous) return ips;
  const result = readResult(new Fields(previous, "prevResult", new Problem()), conf.cniVersion);
  for (let i = 0; i < result.ips.length; i++) ips.push(result.ips[i].address.ip);
  return ips;
}
