import "./abort";
import { Plugin } from "./cni/plugin";
import { rescueCommand, runCommand } from "./cni/skel";
import { builtinIpam } from "./ipam/builtin";
import { MacvlanPlugin } from "./macvlan/macvlan";
import { basename, programPath } from "./sys/env";

let plugin: Plugin | null = null;

/** Acts as the plugin whose name the program was called by. Returns the exit status. */
export function run(): i32 {
  const chosen = choosePlugin(basename(programPath()));
  plugin = chosen;
  return runCommand(chosen);
}

/**
 * For a host that saw `run` trap, which only a mistake in here or a lack of memory can bring about:
 * takes back what an ADD has begun, as far as it can. It may trap as well.
 */
export function rescue(): void {
  const running = plugin;
  if (running) rescueCommand(running);
}

function choosePlugin(name: string): Plugin {
  const ipam = builtinIpam(name);
  return ipam ? ipam : new MacvlanPlugin();
}
