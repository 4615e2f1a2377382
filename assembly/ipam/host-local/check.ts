import { CmdArgs } from "../../cni/cmdargs";
import { CHECK_FAILED, CniError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { readResult } from "../../cni/result-read";
import { Fields, Problem } from "../../json/fields";
import { formatIp } from "../../net/ip";
import { HostLocalConf } from "./conf";
import { Owner } from "./lease";
import { Store } from "./store";

/** Checks that the addresses of prevResult that are of this pool are reserved for the container. */
export function checkLeases(args: CmdArgs, conf: NetConf): CniError | null {
  const own = new HostLocalConf();
  let error = own.load(args, conf);
  if (error) return error;
  const store = new Store(own.directory);
  if (!store.exists) return notFound(args, own);
  error = store.open();
  if (error) return error;
  error = compare(args, own, store, previousIps(conf));
  store.close();
  return error;
}

function compare(
  args: CmdArgs,
  own: HostLocalConf,
  store: Store,
  expected: Uint8Array[],
): CniError | null {
  const owner = new Owner(args.containerId, args.ifname);
  let isAnyExpected = false;
  for (let i = 0; i < expected.length; i++) {
    if (!isOfPool(own, expected[i])) continue;
    isAnyExpected = true;
    const content = store.contentOf(expected[i]);
    if (content == owner.toString() || content == owner.containerId) continue;
    if (store.trouble) return store.trouble;
    const instead =
      content.length > 0
        ? `it is for "${content.replaceAll("\r\n", " ")}"`
        : "there is no such file";
    return new CniError(
      CHECK_FAILED,
      `host-local: address ${formatIp(expected[i])} is not reserved for container ` +
        `${args.containerId} interface ${args.ifname} in "${own.directory}": ${instead}`,
    );
  }
  if (isAnyExpected || store.find(owner, store.index.isComplete).length > 0) return null;
  return store.trouble ? store.trouble : notFound(args, own);
}

/** The addresses of prevResult, as far as it can be read. */
function previousIps(conf: NetConf): Uint8Array[] {
  const ips: Uint8Array[] = [];
  const previous = conf.prevResult;
  if (!previous) return ips;
  const result = readResult(new Fields(previous, "prevResult", new Problem()), conf.cniVersion);
  for (let i = 0; i < result.ips.length; i++) ips.push(result.ips[i].address.ip);
  return ips;
}

function isOfPool(own: HostLocalConf, ip: Uint8Array): bool {
  for (let i = 0; i < own.sets.length; i++) if (own.sets[i].indexOf(ip) >= 0) return true;
  return false;
}

function notFound(args: CmdArgs, own: HostLocalConf): CniError {
  return new CniError(
    CHECK_FAILED,
    `host-local: Failed to find address added by container ${args.containerId} interface ` +
      `${args.ifname} in "${own.directory}"`,
  );
}
