import { CmdArgs } from "../../cni/cmdargs";
import { CniArgs } from "../../cni/cniargs";
import { CniError, INVALID_CONFIG, INVALID_ENVIRONMENT } from "../../cni/error";
import { KeyCheck } from "../../cni/keys";
import { NetConf } from "../../cni/netconf";
import { Dns, IpConfig, Route } from "../../cni/result";
import { readAddress, readCidr, readDns, readRoute } from "../../cni/result-read";
import { isAtLeast } from "../../cni/version";
import { Fields } from "../../json/fields";
import { parseCidr } from "../../net/cidr";
import { isIpv4, parseIp } from "../../net/ip";

/** The addresses, routes and DNS that a static configuration gives. */
export class StaticConf {
  ips: IpConfig[] = [];
  routes: Route[] = [];
  dns: Dns = new Dns();

  /** Reads `ipam`; then CNI_ARGS adds, `args.cni.ips` and `runtimeConfig.ips` replace. */
  load(args: CmdArgs, conf: NetConf): CniError | null {
    const ipam = conf.fields.child("ipam");
    if (!ipam.isPresent) return new CniError(INVALID_CONFIG, 'key "ipam" is missing');
    const addresses = ipam.children("addresses");
    for (let i = 0; i < addresses.length; i++) {
      const address = readCidr(addresses[i], "address");
      if (address) this.ips.push(new IpConfig(address, readAddress(addresses[i], "gateway")));
    }
    const routes = ipam.children("routes");
    for (let i = 0; i < routes.length; i++) {
      const route = readRoute(routes[i]);
      if (route) this.routes.push(route);
    }
    this.dns = readDns(ipam.child("dns"));
    const error = this.addCniArgs(args.args);
    if (error) return error;
    this.replaceBy(conf.fields.child("args").child("cni"));
    this.replaceBy(conf.runtimeConfig);
    return conf.error ? conf.error : this.checkFamilies(conf.cniVersion);
  }

  /** CNI_ARGS IP and GATEWAY, lists separated by commas; MAC is the main plugin's. */
  private addCniArgs(text: string): CniError | null {
    const args = new CniArgs(text, ["IP", "GATEWAY", "MAC"]);
    if (args.error) return args.error;
    const added: IpConfig[] = [];
    const ips = splitList(args.get("IP"));
    for (let i = 0; i < ips.length; i++) {
      const address = parseCidr(ips[i]);
      if (!address) return invalidArg("IP", ips[i], "address/prefix");
      added.push(new IpConfig(address, null));
    }
    const gateways = splitList(args.get("GATEWAY"));
    for (let i = 0; i < gateways.length; i++) {
      const gateway = parseIp(gateways[i]);
      if (!gateway) return invalidArg("GATEWAY", gateways[i], "an IP address");
      for (let j = 0; j < added.length; j++) {
        if (added[j].address.contains(gateway)) added[j].gateway = gateway;
      }
    }
    this.ips = this.ips.concat(added);
    return null;
  }

  /** The convention "ips": addresses chosen by the runtime take the place of all others. */
  private replaceBy(fields: Fields): void {
    const texts = fields.texts("ips");
    if (texts.length == 0) return;
    this.ips = [];
    for (let i = 0; i < texts.length; i++) {
      const address = parseCidr(texts[i]);
      if (address) this.ips.push(new IpConfig(address, null));
      else fields.reject("ips", `has "${texts[i]}", must be address/prefix`);
    }
  }

  /** Results before 0.3.0 hold one address a family. */
  private checkFamilies(version: string): CniError | null {
    if (isAtLeast(version, "0.3.0")) return null;
    let ipv4 = 0;
    for (let i = 0; i < this.ips.length; i++) if (isIpv4(this.ips[i].address.ip)) ipv4++;
    if (ipv4 <= 1 && this.ips.length - ipv4 <= 1) return null;
    return new CniError(
      INVALID_CONFIG,
      `CNI version ${version} does not support more than 1 address per family`,
    );
  }
}

/** Looks for keys in `ipam` that nobody reads. */
export function checkKeys(conf: NetConf): KeyCheck {
  const check = new KeyCheck(conf);
  const ipam = check.root.child("ipam");
  check.object(ipam, ["type", "addresses", "routes", "dns"]);
  check.list(ipam.children("addresses"), ["address", "gateway"]);
  check.routes(ipam);
  check.dns(ipam);
  return check;
}

function splitList(text: string): string[] {
  if (text.length == 0) return [];
  const items = text.split(",");
  for (let i = 0; i < items.length; i++) items[i] = items[i].trim();
  return items;
}

function invalidArg(key: string, value: string, wanted: string): CniError {
  return new CniError(INVALID_ENVIRONMENT, `CNI_ARGS: ${key} "${value}" must be ${wanted}`);
}
