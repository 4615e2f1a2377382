import { Fields } from "../json/fields";
import { Cidr, parseCidr } from "../net/cidr";
import { isIpv4, parseIp } from "../net/ip";
import { Dns, Interface, IpConfig, Result, Route } from "./result";
import { isAtLeast, isSupported } from "./version";

const U32_MAX: i64 = 0xffffffff;

/**
 * Reads a result of any supported version. Mistakes go to `fields.problem`.
 *
 * @param version assumed where the result itself names none.
 */
export function readResult(fields: Fields, version: string): Result {
  const result = new Result();
  const own = fields.text("cniVersion");
  const spoken = own.length > 0 ? own : version;
  if (!isSupported(spoken)) {
    if (fields.problem.isEmpty) {
      const where = fields.path.length > 0 ? `key "${fields.path}": ` : "";
      fields.problem.message = `${where}unsupported CNI result version "${spoken}"`;
    }
    return result;
  }
  if (isAtLeast(spoken, "0.3.0")) {
    readLists(fields, result);
  } else {
    readFamily(fields.child("ip4"), result);
    readFamily(fields.child("ip6"), result);
  }
  result.dns = readDns(fields.child("dns"));
  return result;
}

/** 0.3.0 and later: lists of interfaces, addresses and routes. */
function readLists(fields: Fields, result: Result): void {
  const interfaces = fields.children("interfaces");
  for (let i = 0; i < interfaces.length; i++) result.interfaces.push(readInterface(interfaces[i]));
  const ips = fields.children("ips");
  for (let i = 0; i < ips.length; i++) {
    const ip = readIp(ips[i], "address");
    if (ip) result.ips.push(ip);
  }
  readRoutes(fields, result);
}

/** 0.1.0 and 0.2.0: one address a family, its routes inside it. */
function readFamily(fields: Fields, result: Result): void {
  if (!fields.isPresent) return;
  const ip = readIp(fields, "ip");
  if (ip) result.ips.push(ip);
  readRoutes(fields, result);
}

function readInterface(fields: Fields): Interface {
  const entry = new Interface(fields.text("name"), fields.text("sandbox"));
  entry.mac = fields.text("mac");
  entry.mtu = <u32>fields.integer("mtu", 0, U32_MAX);
  entry.socketPath = fields.text("socketPath");
  entry.pciID = fields.text("pciID");
  return entry;
}

function readIp(fields: Fields, key: string): IpConfig | null {
  const address = readCidr(fields, key);
  if (!address) return null;
  const ip = new IpConfig(address, readAddress(fields, "gateway"));
  if (fields.has("interface")) ip.interface = <i32>fields.integer("interface", -1, i32.MAX_VALUE);
  return ip;
}

function readRoutes(fields: Fields, result: Result): void {
  const routes = fields.children("routes");
  for (let i = 0; i < routes.length; i++) {
    const route = readRoute(routes[i]);
    if (route) result.routes.push(route);
  }
}

/** A route as results and IPAM configurations write it. */
export function readRoute(fields: Fields): Route | null {
  const dst = readCidr(fields, "dst");
  if (!dst) return null;
  const route = new Route(dst, readAddress(fields, "gw"));
  route.mtu = <u32>fields.integer("mtu", 0, U32_MAX);
  route.advmss = <u32>fields.integer("advmss", 0, U32_MAX);
  route.priority = <u32>fields.integer("priority", 0, U32_MAX);
  if (fields.has("table")) route.table = fields.integer("table", 0, U32_MAX);
  if (fields.has("scope")) route.scope = <i32>fields.integer("scope", 0, 255);
  const gateway = route.gateway;
  if (gateway && isIpv4(gateway) != dst.isIpv4) {
    fields.reject("gw", `${fields.text("gw")} is not of the family of ${dst.toString()}`);
  }
  return route;
}

export function readDns(fields: Fields): Dns {
  const dns = new Dns();
  dns.nameservers = fields.texts("nameservers");
  dns.domain = fields.text("domain");
  dns.search = fields.texts("search");
  dns.options = fields.texts("options");
  return dns;
}

/** A required address with prefix; null after a mistake. */
export function readCidr(fields: Fields, key: string): Cidr | null {
  const text = fields.text(key);
  const cidr = parseCidr(text);
  if (cidr) return cidr;
  if (fields.has(key)) fields.reject(key, `is "${text}", must be address/prefix`);
  else fields.reject(key, "is missing");
  return null;
}

/** An address that may be absent. */
export function readAddress(fields: Fields, key: string): Uint8Array | null {
  const text = fields.text(key);
  if (text.length == 0) return null;
  const address = parseIp(text);
  if (!address) fields.reject(key, `is "${text}", must be an IP address`);
  return address;
}
