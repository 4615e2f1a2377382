// A core that traps in the middle of an ADD, when everything but the answer is done.
import "../../assembly/abort";
import { CmdArgs } from "../../assembly/cni/cmdargs";
import { CniError } from "../../assembly/cni/error";
import { NetConf } from "../../assembly/cni/netconf";
import { Result } from "../../assembly/cni/result";
import { rescueCommand, runCommand } from "../../assembly/cni/skel";
import { MacvlanPlugin } from "../../assembly/macvlan/macvlan";

class TrappingPlugin extends MacvlanPlugin {
  add(args: CmdArgs, conf: NetConf, result: Result): CniError | null {
    const error = super.add(args, conf, result);
    if (!error) unreachable();
    return error;
  }
}

const plugin = new TrappingPlugin();

export function run(): i32 {
  return runCommand(plugin);
}

export function rescue(): void {
  rescueCommand(plugin);
}
