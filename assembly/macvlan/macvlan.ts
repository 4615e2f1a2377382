import { CmdArgs } from "../cni/cmdargs";
import { CniError, NOT_AVAILABLE } from "../cni/error";
import { NetConf } from "../cni/netconf";
import { Plugin } from "../cni/plugin";
import { Result } from "../cni/result";
import { Ipam } from "../ipam/ipam";
import { addMacvlan } from "./add";
import { checkMacvlan } from "./check";
import { checkKeys, MacvlanConf } from "./conf";
import { deleteMacvlan } from "./del";
import { collectHostAccess } from "./host-access/removal";
import { Inquiry } from "./inquiry";
import { Master } from "./master";
import { Session } from "./session";

/** The macvlan plugin. */
export class MacvlanPlugin extends Plugin {
  private session: Session = new Session();

  constructor() {
    super("macvlan");
  }

  add(args: CmdArgs, conf: NetConf, result: Result): CniError | null {
    return addMacvlan(args, conf, this.session, this.undo, result);
  }

  del(args: CmdArgs, conf: NetConf): CniError | null {
    return deleteMacvlan(args, conf, this.session);
  }

  check(args: CmdArgs, conf: NetConf): CniError | null {
    return checkMacvlan(args, conf, this.session);
  }

  /** Interfaces end with their container's namespace; leases and ways to the host are left over. */
  gc(args: CmdArgs, conf: NetConf): CniError | null {
    const type = conf.ipamType;
    if (conf.error) return conf.error;
    const error = collectHostAccess(conf, this.session);
    const other = type.length > 0 ? new Ipam(type, args, conf).call("GC") : null;
    return error ? error : other;
  }

  /** Ready if an ADD would find its master, and IPAM is ready. */
  status(args: CmdArgs, conf: NetConf): CniError | null {
    const own = new MacvlanConf();
    let error = own.load(args, conf);
    if (!error) error = checkKeys(conf).refuse();
    if (error) return error;
    if (!own.linkInContainer) {
      error = this.session.openHost();
      const master = new Master(this.session, own, "");
      if (!error) error = master.find();
      if (!error) error = new Inquiry(this.session, false, master.link).ofMaster();
      if (error) return new CniError(NOT_AVAILABLE, error.msg, error.details);
    }
    if (own.ipamType.length == 0) return null;
    const ipam = new Ipam(own.ipamType, args, conf);
    error = ipam.find();
    return error ? new CniError(NOT_AVAILABLE, error.msg, error.details) : ipam.run("STATUS");
  }

  close(): void {
    this.session.close();
  }
}
