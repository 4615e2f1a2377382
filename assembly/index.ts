import "./abort";
import { Plugin } from "./cni/plugin";
import { runCommand } from "./cni/skel";
import { STATIC, StaticPlugin } from "./ipam/static/static";
import { MacvlanPlugin } from "./macvlan/macvlan";
import { basename, programPath } from "./sys/env";

/** Acts as the plugin whose name the program was called by. Returns the exit status. */
export function run(): i32 {
  return runCommand(choosePlugin(basename(programPath())));
}

function choosePlugin(name: string): Plugin {
  if (name == STATIC) return new StaticPlugin();
  return new MacvlanPlugin();
}
