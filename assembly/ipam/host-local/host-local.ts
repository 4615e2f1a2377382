import { CmdArgs } from "../../cni/cmdargs";
import { CniError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { Plugin } from "../../cni/plugin";
import { Result } from "../../cni/result";
import { UndoStep } from "../../cni/undo";
import { addLeases } from "./add";
import { checkLeases } from "./check";
import { deleteLeases } from "./del";
import { collectLeases } from "./gc";
import { statusOfPool } from "./status";

export const HOST_LOCAL: string = "host-local";

/** Frees what ADD has reserved, if nobody could be told of it. */
class FreeLeases extends UndoStep {
  constructor(
    private args: CmdArgs,
    private conf: NetConf,
  ) {
    super();
  }

  run(): CniError | null {
    return deleteLeases(this.args, this.conf);
  }
}

/** IPAM that hands out the addresses of ranges, and keeps who has them in files of this host. */
export class HostLocalPlugin extends Plugin {
  constructor() {
    super(HOST_LOCAL);
  }

  add(args: CmdArgs, conf: NetConf, result: Result): CniError | null {
    const error = addLeases(args, conf, result);
    if (!error) this.undo.push(new FreeLeases(args, conf));
    return error;
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
