import { Plugin } from "../cni/plugin";
import { HOST_LOCAL, HostLocalPlugin } from "./host-local/host-local";
import { STATIC, StaticPlugin } from "./static/static";

/** The IPAM plugin of this name that this program holds, or null. */
export function builtinIpam(name: string): Plugin | null {
  if (name == HOST_LOCAL) return new HostLocalPlugin();
  if (name == STATIC) return new StaticPlugin();
  return null;
}
