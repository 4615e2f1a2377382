import { CmdArgs } from "../../cni/cmdargs";
import { CHECK_FAILED, CniError, INVALID_CONFIG } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { Plugin } from "../../cni/plugin";
import { IpConfig, Result } from "../../cni/result";
import { readResult } from "../../cni/result-read";
import { Fields } from "../../json/fields";
import { equalBytes } from "../../net/ip";
import { checkKeys, StaticConf } from "./conf";

export const STATIC: string = "static";

/**
 * IPAM that hands out what the configuration says. It keeps nothing, so it has nothing to release.
 */
export class StaticPlugin extends Plugin {
  constructor() {
    super(STATIC);
  }

  add(args: CmdArgs, conf: NetConf, result: Result): CniError | null {
    const own = new StaticConf();
    let error = own.load(args, conf);
    if (!error) error = checkKeys(conf).report();
    result.ips = own.ips;
    result.routes = own.routes;
    result.dns = own.dns;
    return error;
  }

  /** Succeeds whatever has become of the configuration since ADD. */
  del(_args: CmdArgs, _conf: NetConf): CniError | null {
    return null;
  }

  check(args: CmdArgs, conf: NetConf): CniError | null {
    const own = new StaticConf();
    const error = own.load(args, conf);
    if (error) return error;
    const previous = conf.prevResult;
    if (!previous) return new CniError(INVALID_CONFIG, "required prevResult missing");
    const fields = new Fields(previous, "prevResult", conf.fields.problem);
    const result = readResult(fields, conf.cniVersion);
    if (conf.error) return conf.error;
    for (let i = 0; i < own.ips.length; i++) {
      if (!holds(result.ips, own.ips[i])) {
        return new CniError(
          CHECK_FAILED,
          `static: Failed to match addr ${own.ips[i].address.toString()} ` +
            `on interface ${args.ifname}`,
          "the address, or its gateway, is not what prevResult says",
        );
      }
    }
    return null;
  }

  gc(_args: CmdArgs, _conf: NetConf): CniError | null {
    return null;
  }

  status(args: CmdArgs, conf: NetConf): CniError | null {
    const error = new StaticConf().load(args, conf);
    return error ? error : checkKeys(conf).refuse();
  }
}

/** True if one of `ips` has the address of `wanted`, and its gateway if that has one. */
function holds(ips: IpConfig[], wanted: IpConfig): bool {
  const gateway = wanted.gateway;
  for (let i = 0; i < ips.length; i++) {
    if (!ips[i].address.equals(wanted.address)) continue;
    const found = ips[i].gateway;
    if (!gateway || (found && equalBytes(gateway, found))) return true;
  }
  return false;
}
