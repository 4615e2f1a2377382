import { CmdArgs } from "../cni/cmdargs";
import { CniArgs } from "../cni/cniargs";
import { CniError, INVALID_CONFIG, INVALID_ENVIRONMENT } from "../cni/error";
import { KeyCheck } from "../cni/keys";
import { NetConf } from "../cni/netconf";
import { Dns } from "../cni/result";
import { ANNOUNCE_KEYS } from "../ipam/announce";
import { CONFLICT_KEYS } from "../ipam/conflict";
import { DefaultRoute } from "../ipam/default-route";
import { DAD_WAIT } from "../ipam/ipv6-policy";
import { LinkPolicy } from "../ipam/link-policy";
import { SourceRouting } from "../ipam/source-routing";
import { Fields } from "../json/fields";
import { MACVLAN_MODE_BRIDGE, MACVLAN_MODE_PASSTHRU } from "../linux/if_link";
import { macProblem, parseMac } from "../net/mac";
import { MacvlanData } from "../rtnetlink/macvlan";
import { modeName, readDriver } from "./driver";
import { Knobs } from "./knobs";
import { readSelectors, Selector } from "./selector";

/**
 * An IPv4 host must take packets of this size (RFC 791); the kernel has no IPv4 on a smaller MTU.
 */
const MTU_MIN: u32 = 68;
const MTU_MAX: i64 = 65535;

/** All that are read here and by DEL. */
const KEYS: string[] = [
  "master",
  "masterUp",
  "mode",
  "mtu",
  "mac",
  "macPolicy",
  "macPrefix",
  "linkInContainer",
  "hostAccess",
  "bcqueuelen",
  "bclim",
  "nopromisc",
  "nodst",
  "sourceMacs",
  "promisc",
  "allmulti",
  "txQLen",
  "group",
  "alias",
  "sysctl",
  "announce",
  "conflictDetection",
  "noDefaultRoute",
  "defaultRouteMetric",
  "sourceRouting",
  "sourceTable",
  "ipv6",
  "synchronousDelete",
  "strict",
];

/** Those in `ipv6`. */
const IPV6_KEYS: string[] = ["acceptRA", "autoconf", "linkLocal", "dad"];

/** The keys of the configuration that are macvlan's own. docs/configuration.md explains each. */
export class MacvlanConf {
  /** Tried in their order; none for the interface of the default route. */
  master: Selector[] = [];
  /** A master that is down is set up. */
  masterUp: bool = false;
  /** Bytes; 0 for the master's. */
  mtu: u32 = 0;
  /** The one that was asked for, or the policy's first; empty for a random one. */
  mac: Uint8Array = new Uint8Array(0);
  linkInContainer: bool = false;
  /** Host and pod are to reach each other. */
  hostAccess: bool = false;
  readonly macvlan: MacvlanData = new MacvlanData();
  readonly knobs: Knobs = new Knobs();
  readonly defaultRoute: DefaultRoute = new DefaultRoute();
  readonly sources: SourceRouting = new SourceRouting();
  readonly policy: LinkPolicy = new LinkPolicy();
  /** DEL ends only when the kernel has let go of the interface's memory. */
  synchronousDelete: bool = false;
  /** Empty where the interface gets no addresses. */
  ipamType: string = "";
  dns: Dns = new Dns();

  /** Reads and checks everything that can be checked without the kernel. */
  load(args: CmdArgs, conf: NetConf): CniError | null {
    const fields = conf.fields;
    this.ipamType = conf.ipamType;
    this.dns = conf.dns;
    this.master = readSelectors(fields);
    this.masterUp = fields.flag("masterUp");
    this.linkInContainer = fields.flag("linkInContainer");
    this.synchronousDelete = fields.flag("synchronousDelete");
    this.mtu = <u32>fields.integer("mtu", 0, MTU_MAX);
    if (this.mtu > 0 && this.mtu < MTU_MIN) {
      fields.reject("mtu", `is ${this.mtu.toString()}, must be at least ${MTU_MIN.toString()}`);
    }
    const mac = fields.text("mac");
    const runtimeMac = conf.runtimeConfig.text("mac");
    this.knobs.load(fields);
    this.defaultRoute.load(fields);
    this.sources.load(fields, args.ifname);
    const modeError = readDriver(fields, this.macvlan);
    this.hostAccess = fields.flag("hostAccess");
    if (this.hostAccess) this.checkHostAccess(fields);
    const cniArgs = new CniArgs(args.args, ["MAC", "IP", "GATEWAY"]);
    this.loadPolicy(args, conf, identityOf(args, conf, cniArgs));
    const error = conf.error ? conf.error : modeError;
    return error ? error : this.setMac(cniArgs, mac, runtimeMac);
  }

  private loadPolicy(args: CmdArgs, conf: NetConf, identity: string): void {
    const hasOwnMac = this.macvlan.mode != MACVLAN_MODE_PASSTHRU;
    this.policy.ipv6.load(conf.fields, args.ifname, identity, this.policy.sysctls);
    this.policy.sysctls.load(conf.fields, args.ifname);
    this.policy.announce.load(conf.fields);
    this.policy.conflicts.load(conf.fields, this.policy.ipv6.dad == DAD_WAIT);
    this.policy.mac.load(conf.fields, identity, this.ipamType, hasOwnMac);
  }

  private checkHostAccess(fields: Fields): void {
    const what = "is only possible";
    if (this.macvlan.mode != MACVLAN_MODE_BRIDGE) {
      const mode = modeName(this.macvlan.mode);
      fields.reject("hostAccess", `${what} in mode bridge, not in mode ${mode}`);
    }
    if (this.linkInContainer) {
      fields.reject("hostAccess", `${what} with a master of the host, without "linkInContainer"`);
    }
    if (this.ipamType.length == 0) {
      fields.reject("hostAccess", `${what} with addresses: there is no "ipam"`);
    }
  }

  /** The runtime's capability goes before CNI_ARGS, and that before the configuration. */
  private setMac(cniArgs: CniArgs, configured: string, fromRuntime: string): CniError | null {
    if (cniArgs.error) return cniArgs.error;
    const fromArgs = cniArgs.get("MAC");
    if (fromRuntime.length > 0) return this.parseMac("runtimeConfig.mac", fromRuntime);
    if (fromArgs.length == 0) return this.parseMac("mac", configured);
    const error = this.parseMac("CNI_ARGS MAC", fromArgs);
    if (error) error.code = INVALID_ENVIRONMENT;
    return error;
  }

  private parseMac(source: string, text: string): CniError | null {
    if (text.length == 0) {
      this.mac = this.policy.mac.first;
      return null;
    }
    const mac = parseMac(text);
    const problem = mac ? macProblem(mac) : "is no hardware address";
    if (mac && problem.length == 0) {
      this.mac = mac;
      this.policy.mac.isFixed = true;
      return null;
    }
    return new CniError(INVALID_CONFIG, `invalid MAC address: ${source} "${text}" ${problem}`);
  }
}

/**
 * What stays the same when a pod is made again: the network, the pod as Kubernetes names it, else
 * the container, and the interface.
 */
function identityOf(args: CmdArgs, conf: NetConf, cniArgs: CniArgs): string {
  const namespace = cniArgs.get("K8S_POD_NAMESPACE");
  const pod = cniArgs.get("K8S_POD_NAME");
  const isPod = namespace.length > 0 && pod.length > 0;
  const owner = isPod ? `${namespace}/${pod}` : args.containerId;
  return `${conf.name}/${owner}/${args.ifname}`;
}

/** Looks for keys at the top that nobody reads; those of `ipam` are the IPAM plugin's business. */
export function checkKeys(conf: NetConf): KeyCheck {
  const check = new KeyCheck(conf);
  check.top(KEYS);
  check.object(check.root.child("ipv6"), IPV6_KEYS);
  check.object(check.root.child("announce"), ANNOUNCE_KEYS);
  check.object(check.root.child("conflictDetection"), CONFLICT_KEYS);
  return check;
}
