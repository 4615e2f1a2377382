import "./abort";
import { runCommand } from "./cni/skel";
import { Plugin } from "./cni/plugin";
import { CmdArgs } from "./cni/cmdargs";
import { CniError } from "./cni/error";
import { NetConf } from "./cni/netconf";
import { Result } from "./cni/result";
import { Delegate } from "./cni/delegate";

class P extends Plugin {
  add(args: CmdArgs, conf: NetConf, result: Result): CniError | null { const d = new Delegate(conf.ipamType, args); const e = d.find(); if (e) return e; return d.add(conf.cniVersion, result); }
  del(args: CmdArgs, conf: NetConf): CniError | null { return null; }
  check(args: CmdArgs, conf: NetConf): CniError | null { return null; }
  gc(args: CmdArgs, conf: NetConf): CniError | null { return null; }
  status(args: CmdArgs, conf: NetConf): CniError | null { return null; }
}
export function run(): i32 {
  return runCommand(new P("macvlan"));
}
