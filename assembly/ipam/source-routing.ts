import { IpConfig, Result } from "../cni/result";
import { Fields } from "../json/fields";
import { RT_SCOPE_LINK, RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../linux/rtnetlink";
import { Cidr } from "../net/cidr";
import { fnv1a } from "../net/hash";
import { KernelRoute } from "../rtnetlink/route";
import { KernelRule, sourceRule } from "../rtnetlink/rule";
import { kernelRoutes } from "./routes";

/** Marks our rules. No daemon of iproute2's list (etc/iproute2/rt_protos) has this number. */
export const RTPROT_MACVLAN: i32 = 109;

/** After the kernel's rule for its own addresses (0), long before that for main (32766). */
const PRIORITY: u32 = 10000;

/** Automatic tables have this bit and 30 of a hash: out of the way of those that people use. */
const AUTOMATIC: u32 = 0x40000000;

/**
 * A routing table of the interface's own, for what is sent from its addresses: the keys
 * `sourceRouting` and `sourceTable`.
 */
export class SourceRouting {
  isOn: bool = false;
  table: u32 = 0;
  /** True where the configuration says which table. */
  isChosen: bool = false;
  /** What the table is to hold. */
  readonly routes: KernelRoute[] = [];
  /** What leads to it. */
  readonly rules: KernelRule[] = [];

  load(fields: Fields, ifname: string): void {
    this.isOn = fields.flag("sourceRouting");
    this.table = <u32>fields.integer("sourceTable", 1, u32.MAX_VALUE);
    this.isChosen = this.table > 0;
    if (this.table >= <u32>RT_TABLE_DEFAULT && this.table <= <u32>RT_TABLE_LOCAL) {
      fields.reject("sourceTable", `is ${this.table.toString()}, a table of the kernel's own`);
    }
    if (this.isChosen && !this.isOn) {
      fields.reject("sourceTable", "is for sourceRouting alone");
    }
    // By the name alone, so that DEL knows it even where the interface has gone.
    if (!this.isChosen) this.table = AUTOMATIC | (<u32>fnv1a(ifname) & (AUTOMATIC - 1));
  }

  /** Works out rules and table for the addresses and routes of an IPAM result. */
  plan(result: Result): void {
    if (!this.isOn) return;
    // What was planned for a result that was of no use.
    this.routes.length = 0;
    this.rules.length = 0;
    const routes = kernelRoutes(result);
    for (let i = 0; i < routes.length; i++) {
      // The kernel takes table 0 for main. What has another table is there on purpose.
      if (routes[i].table != 0 && routes[i].table != RT_TABLE_MAIN) continue;
      this.addRoute(routes[i]);
    }
    for (let i = 0; i < result.ips.length; i++) {
      const address = result.ips[i].address;
      this.rules.push(sourceRule(address, this.table, PRIORITY, RTPROT_MACVLAN));
      if (address.prefix < address.width) this.connect(address);
      if (!address.isIpv4) this.connect(linkLocal());
      this.addDefault(result.ips[i]);
    }
  }

  /** What is reached directly, as the kernel has it in main. */
  private connect(address: Cidr): void {
    const route = new KernelRoute();
    route.dst = new Cidr(address.network, address.prefix);
    route.scope = RT_SCOPE_LINK;
    this.addMissing(route);
  }

  /** An answer leaves by the gateway also where IPAM has no default route. */
  private addDefault(ip: IpConfig): void {
    const gateway = ip.gateway;
    if (!gateway) return;
    const route = new KernelRoute();
    route.dst = new Cidr(new Uint8Array(gateway.length), 0);
    route.gateways.push(gateway);
    this.addMissing(route);
  }

  /** IPAM's own word about a destination goes before ours. */
  private addMissing(route: KernelRoute): void {
    for (let i = 0; i < this.routes.length; i++) {
      if (this.routes[i].dst.equals(route.dst)) return;
    }
    this.addRoute(route);
  }

  private addRoute(route: KernelRoute): void {
    route.table = this.table;
    this.routes.push(route);
  }
}

/** fe80::/64: a router may ask for us by its link-local address. */
function linkLocal(): Cidr {
  const prefix = new Uint8Array(16);
  prefix[0] = 0xfe;
  prefix[1] = 0x80;
  return new Cidr(prefix, 64);
}
