import "./abort";
import { Plugin } from "./cni/plugin";
import { runCommand } from "./cni/skel";
import { builtinIpam } from "./ipam/builtin";
import { MacvlanPlugin } from "./macvlan/macvlan";
import { basename, programPath } from "./sys/env";

/** Acts as the plugin whose name the program was called by. Returns the exit status. */
export function run(): i32 {
  return runCommand(choosePlugin(basename(programPath())));
}

function choosePlugin(name: string): Plugin {
  const ipam = builtinIpam(name);
  return ipam ? ipam : new MacvlanPlugin();
}
