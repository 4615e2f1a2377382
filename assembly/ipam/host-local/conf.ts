import { CmdArgs } from "../../cni/cmdargs";
import { CniArgs } from "../../cni/cniargs";
import { CniError, INVALID_CONFIG, INVALID_ENVIRONMENT } from "../../cni/error";
import { KeyCheck } from "../../cni/keys";
import { NetConf } from "../../cni/netconf";
import { Route } from "../../cni/result";
import { readRoute } from "../../cni/result-read";
import { isAtLeast } from "../../cni/version";
import { Fields } from "../../json/fields";
import { parseCidr } from "../../net/cidr";
import { parseIp } from "../../net/ip";
import { RANGE_KEYS, readRange } from "./range";
import { RangeSet } from "./range-set";

const DATA_DIR: string = "/var/lib/cni/networks";

/** What a host-local configuration says. */
export class HostLocalConf {
  /** One address is allocated from each. */
  sets: RangeSet[] = [];
  /** Addresses that the runtime asks for. */
  requested: Uint8Array[] = [];
  routes: Route[] = [];
  /** Path of a resolv.conf(5), or empty. */
  resolvConf: string = "";
  /** The directory of the network's leases. */
  directory: string = "";

  /** Reads and checks all of it. */
  load(args: CmdArgs, conf: NetConf): CniError | null {
    const error = this.loadDirectory(conf);
    if (error) return error;
    const ipam = conf.fields.child("ipam");
    this.resolvConf = ipam.text("resolvConf");
    this.readSets(conf.runtimeConfig, "ipRanges");
    this.readOldRange(ipam);
    this.readSets(ipam, "ranges");
    const routes = ipam.children("routes");
    for (let i = 0; i < routes.length; i++) {
      const route = readRoute(routes[i]);
      if (route) this.routes.push(route);
    }
    const argsError = this.readCniArgs(args.args);
    if (argsError) return argsError;
    this.readRequested(conf.fields.child("args").child("cni"));
    this.readRequested(conf.runtimeConfig);
    return conf.error ? conf.error : this.checkSets(conf.cniVersion);
  }

  /** Reads only where the leases are: DEL and GC work whatever has become of the rest. */
  loadDirectory(conf: NetConf): CniError | null {
    const ipam = conf.fields.child("ipam");
    if (!ipam.isPresent) return new CniError(INVALID_CONFIG, 'key "ipam" is missing');
    const dataDir = ipam.text("dataDir");
    this.directory = `${dataDir.length > 0 ? dataDir : DATA_DIR}/${conf.name}`;
    return conf.error;
  }

  /** `ranges` and the capability `ipRanges`: sets of ranges. */
  private readSets(fields: Fields, key: string): void {
    const lists = fields.lists(key);
    for (let i = 0; i < lists.length; i++) {
      const set = new RangeSet();
      for (let j = 0; j < lists[i].length; j++) set.ranges.push(readRange(lists[i][j]));
      if (set.ranges.length == 0) fields.reject(`${key}[${i.toString()}]`, "is an empty range set");
      this.sets.push(set);
    }
  }

  /** The old style: one range, its keys in `ipam` itself. */
  private readOldRange(ipam: Fields): void {
    if (!ipam.has("subnet")) return;
    const set = new RangeSet();
    set.ranges.push(readRange(ipam));
    this.sets.push(set);
  }

  private readCniArgs(text: string): CniError | null {
    const args = new CniArgs(text, ["IP", "MAC", "GATEWAY"]);
    if (args.error) return args.error;
    const ip = args.get("IP");
    if (ip.length == 0) return null;
    const address = parseAddress(ip);
    if (address) this.requested.push(address);
    else return new CniError(INVALID_ENVIRONMENT, `CNI_ARGS: IP "${ip}" must be an IP address`);
    return null;
  }

  /** The convention "ips". */
  private readRequested(fields: Fields): void {
    const texts = fields.texts("ips");
    for (let i = 0; i < texts.length; i++) {
      const address = parseAddress(texts[i]);
      if (address) this.requested.push(address);
      else fields.reject("ips", `has "${texts[i]}", must be an IP address`);
    }
  }

  private checkSets(version: string): CniError | null {
    if (this.sets.length == 0) return invalid("no IP ranges specified");
    let ipv4 = 0;
    for (let i = 0; i < this.sets.length; i++) {
      const problem = setProblem(this.sets[i]);
      if (problem.length > 0) return invalid(`invalid range set ${i.toString()}: ${problem}`);
      if (this.sets[i].isIpv4) ipv4++;
      for (let j = 0; j < i; j++) {
        if (!this.sets[i].overlaps(this.sets[j])) continue;
        return invalid(`range set ${i.toString()} overlaps with ${j.toString()}`);
      }
    }
    const isSingle = ipv4 <= 1 && this.sets.length - ipv4 <= 1;
    if (isSingle || isAtLeast(version, "0.3.0")) return null;
    return invalid(`CNI version ${version} does not support more than 1 address per family`);
  }
}

/** Looks for keys in `ipam` and in ranges that nobody reads. */
export function checkKeys(conf: NetConf): KeyCheck {
  const check = new KeyCheck(conf);
  const ipam = check.root.child("ipam");
  const own = ["type", "ranges", "routes", "resolvConf", "dataDir"];
  check.object(ipam, own.concat(RANGE_KEYS));
  checkRanges(check, ipam.lists("ranges"));
  checkRanges(check, check.root.child("runtimeConfig").lists("ipRanges"));
  check.routes(ipam);
  return check;
}

function checkRanges(check: KeyCheck, sets: Fields[][]): void {
  for (let i = 0; i < sets.length; i++) check.list(sets[i], RANGE_KEYS);
}

function setProblem(set: RangeSet): string {
  for (let i = 0; i < set.ranges.length; i++) {
    const range = set.ranges[i];
    if (range.subnet.isIpv4 != set.isIpv4) return "mixed address families";
    for (let j = 0; j < i; j++) {
      if (!range.overlaps(set.ranges[j])) continue;
      return `ranges ${set.ranges[j].toString()} and ${range.toString()} overlap`;
    }
  }
  return "";
}

/** An address with or without a prefix, which is not looked at: that of the subnet counts. */
function parseAddress(text: string): Uint8Array | null {
  if (!text.includes("/")) return parseIp(text);
  const cidr = parseCidr(text);
  return cidr ? cidr.ip : null;
}

function invalid(msg: string): CniError {
  return new CniError(INVALID_CONFIG, `host-local: ${msg}`);
}
