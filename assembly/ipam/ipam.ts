import { CmdArgs } from "../cni/cmdargs";
import { Delegate } from "../cni/delegate";
import { CniError, INVALID_CONFIG } from "../cni/error";
import { NetConf } from "../cni/netconf";
import { Plugin } from "../cni/plugin";
import { Result } from "../cni/result";
import { programPath } from "../sys/env";
import { statPath } from "../sys/stat";
import { builtinIpam } from "./builtin";

/** The IPAM plugin that needs the interface: its daemon talks to a server through it. */
export const DHCP: string = "dhcp";

/**
 * The IPAM plugin that a configuration names. One that is found on CNI_PATH as this same program is
 * called as a function; any other is executed.
 */
export class Ipam {
  private delegate: Delegate;
  private builtin: Plugin | null = null;

  constructor(
    public type: string,
    private args: CmdArgs,
    private conf: NetConf,
  ) {
    this.delegate = new Delegate(type, args);
  }

  /** Looks for it; the other methods need it found. */
  find(): CniError | null {
    const error = this.delegate.find();
    if (error) return error;
    if (!statPath(programPath()).equals(statPath(this.delegate.path))) return null;
    this.builtin = builtinIpam(this.type);
    if (this.builtin) return null;
    // Executed, it would be the main plugin again, and ask itself for addresses without end.
    return new CniError(INVALID_CONFIG, `"${this.type}" (ipam.type) is not an IPAM plugin`);
  }

  add(result: Result): CniError | null {
    const builtin = this.builtin;
    if (builtin) return builtin.add(this.args, this.conf, result);
    return this.delegate.add(this.conf.cniVersion, result);
  }

  /** Looks for it and runs it, for a command that needs no more of it. */
  call(command: string): CniError | null {
    const error = this.find();
    return error ? error : this.run(command);
  }

  /** @param command DEL, CHECK, GC or STATUS. */
  run(command: string): CniError | null {
    const builtin = this.builtin;
    if (builtin) return builtin.run(command, this.args, this.conf);
    return this.delegate.run(command);
  }
}
