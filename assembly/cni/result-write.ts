import { JsonWriter } from "../json/writer";
import { formatIp } from "../net/ip";
import { Dns, Interface, IpConfig, Result, Route } from "./result";
import { isAtLeast } from "./version";

/**
 * The JSON text of a result in the shape of `version`; what that version does not know is left out.
 */
export function formatResult(result: Result, version: string): string {
  const writer = new ResultWriter(version);
  return isAtLeast(version, "0.3.0") ? writer.lists(result) : writer.families(result);
}

class ResultWriter {
  private json: JsonWriter = new JsonWriter(true);
  private hasIpVersion: bool;
  private hasKernelNumbers: bool;

  constructor(private version: string) {
    this.hasIpVersion = !isAtLeast(version, "1.0.0");
    this.hasKernelNumbers = isAtLeast(version, "1.1.0");
  }

  /** 0.3.0 and later. */
  lists(result: Result): string {
    const json = this.json;
    this.begin();
    if (result.interfaces.length > 0) {
      json.key("interfaces");
      json.openArray();
      for (let i = 0; i < result.interfaces.length; i++) this.interface(result.interfaces[i]);
      json.closeArray();
    }
    if (result.ips.length > 0) {
      json.key("ips");
      json.openArray();
      for (let i = 0; i < result.ips.length; i++) this.ip(result.ips[i]);
      json.closeArray();
    }
    this.routes(result.routes);
    if (this.hasIpVersion || !result.dns.isEmpty) this.dns(result.dns);
    return this.end();
  }

  /** 0.1.0 and 0.2.0: the first address of each family, with the routes of the family. */
  families(result: Result): string {
    this.begin();
    this.family("ip4", result, true);
    this.family("ip6", result, false);
    this.dns(result.dns);
    return this.end();
  }

  private begin(): void {
    this.json.openObject();
    this.optional("cniVersion", this.version);
  }

  private end(): string {
    this.json.closeObject();
    return this.json.toString() + "\n";
  }

  private family(key: string, result: Result, isIpv4: bool): void {
    let first: IpConfig | null = null;
    for (let i = result.ips.length - 1; i >= 0; i--) {
      if (result.ips[i].address.isIpv4 == isIpv4) first = result.ips[i];
    }
    if (!first) return;
    const routes: Route[] = [];
    for (let i = 0; i < result.routes.length; i++) {
      if (result.routes[i].dst.isIpv4 == isIpv4) routes.push(result.routes[i]);
    }
    this.json.key(key);
    this.json.openObject();
    this.optional("ip", first.address.toString());
    this.address("gateway", first.gateway);
    this.routes(routes);
    this.json.closeObject();
  }

  private interface(entry: Interface): void {
    const json = this.json;
    json.openObject();
    json.key("name");
    json.text(entry.name);
    this.optional("mac", entry.mac);
    if (this.hasKernelNumbers) this.positive("mtu", entry.mtu);
    this.optional("sandbox", entry.sandbox);
    if (this.hasKernelNumbers) {
      this.optional("socketPath", entry.socketPath);
      this.optional("pciID", entry.pciID);
    }
    json.closeObject();
  }

  private ip(ip: IpConfig): void {
    const json = this.json;
    json.openObject();
    if (this.hasIpVersion) this.optional("version", ip.address.isIpv4 ? "4" : "6");
    if (ip.interface >= 0) {
      json.key("interface");
      json.integer(ip.interface);
    }
    this.optional("address", ip.address.toString());
    this.address("gateway", ip.gateway);
    json.closeObject();
  }

  private routes(routes: Route[]): void {
    if (routes.length == 0) return;
    this.json.key("routes");
    this.json.openArray();
    for (let i = 0; i < routes.length; i++) this.route(routes[i]);
    this.json.closeArray();
  }

  private route(route: Route): void {
    const json = this.json;
    json.openObject();
    this.optional("dst", route.dst.toString());
    this.address("gw", route.gateway);
    if (this.hasKernelNumbers) {
      this.positive("mtu", route.mtu);
      this.positive("advmss", route.advmss);
      this.positive("priority", route.priority);
      if (route.table >= 0) {
        json.key("table");
        json.integer(route.table);
      }
      if (route.scope >= 0) {
        json.key("scope");
        json.integer(route.scope);
      }
    }
    json.closeObject();
  }

  private dns(dns: Dns): void {
    this.json.key("dns");
    this.json.openObject();
    this.list("nameservers", dns.nameservers);
    this.optional("domain", dns.domain);
    this.list("search", dns.search);
    this.list("options", dns.options);
    this.json.closeObject();
  }

  private list(key: string, values: string[]): void {
    if (values.length == 0) return;
    this.json.key(key);
    this.json.openArray();
    for (let i = 0; i < values.length; i++) this.json.text(values[i]);
    this.json.closeArray();
  }

  private optional(key: string, value: string): void {
    if (value.length == 0) return;
    this.json.key(key);
    this.json.text(value);
  }

  private address(key: string, address: Uint8Array | null): void {
    if (address) this.optional(key, formatIp(address));
  }

  private positive(key: string, value: u32): void {
    if (value == 0) return;
    this.json.key(key);
    this.json.integer(value);
  }
}
