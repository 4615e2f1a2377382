import { CmdArgs } from "../../cni/cmdargs";
import { CniError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { Plugin } from "../../cni/plugin";
import { Result } from "../../cni/result";
import { addLeases } from "./add";
import { checkLeases } from "./check";
import { deleteLeases } from "./del";
import { collectLeases } from "./gc";
import { statusOfPool } from "./status";

export const HOST_LOCAL: string = "host-local";

/** IPAM that hands out the addresses of ranges, and keeps who has them in files of this host. */
export class HostLocalPlugin extends Plugin {
  constructor() {
    super(HOST_LOCAL);
  }

  add(args: CmdArgs, conf: NetConf, result: Result): CniError | null {
    return addLeases(args, conf, result);
  }

  del(args: CmdArgs, conf: NetConf): CniError | null {
    return deleteLeases(args, conf);
  }

  check(args: CmdArgs, conf: NetConf): CniError | null {
    return checkLeases(args, conf);
  }

  gc(_args: CmdArgs, conf: NetConf): CniError | null {
    return collectLeases(conf);
  }

  status(args: CmdArgs, conf: NetConf): CniError | null {
    return statusOfPool(args, conf);
  }
}
