import {
  CHECK_FAILED,
  CniError,
  CONFIGURE_REFUSED,
  SYSTEM_FAILURE,
  systemError,
} from "../cni/error";
import { Fields } from "../json/fields";
import { ENOENT } from "../linux/errno";
import { readSysctl, writeSysctl } from "../sys/sysctl";

/** The folders of /proc/sys that have one folder for each interface. */
const IPV6_CONF: string = "net.ipv6.conf.";
const TREES: string[] = ["net.ipv4.conf.", IPV6_CONF, "net.ipv4.neigh.", "net.ipv6.neigh."];
/** Stands for the interface's name, which the configuration cannot know. */
const IFNAME: string = "IFNAME.";
/** Digits of a 32-bit number, with its sign. */
const VALUE_MAX: i32 = 11;
/** No sysctl of an interface has a longer name. */
const KEY_MAX: i32 = 64;
/** An interface has fewer. */
const COUNT_MAX: i32 = 256;

/** The sysctls of the interface: those of other keys, then those of the key `sysctl`. */
export class LinkSysctls {
  /** How many are of other keys; they stand first. */
  private presets: i32 = 0;
  /** As they are written there. */
  private keys: string[] = [];
  /** Below /proc/sys. */
  private paths: string[] = [];
  private values: string[] = [];

  get isEmpty(): bool {
    return this.keys.length == 0;
  }

  /** Sets one below `net.ipv6.conf` for another key, unless `load`, called later, finds it too. */
  preset(ifname: string, key: string, value: string): void {
    this.set(`${IPV6_CONF}${IFNAME}${key}`, `net/ipv6/conf/${ifname}/${key}`, value);
    this.presets++;
  }

  load(conf: Fields, ifname: string): void {
    const fields = conf.child("sysctl");
    const names = fields.names();
    if (names.length > COUNT_MAX)
      conf.reject("sysctl", `has more than ${COUNT_MAX.toString()} keys`);
    for (let i = 0; i < names.length && fields.problem.isEmpty; i++) {
      const path = pathOf(names[i], ifname);
      const value = fields.text(names[i]);
      if (path.length == 0) {
        fields.reject(
          names[i],
          `is no sysctl of the interface, as ${TREES[0]}${IFNAME}rp_filter is`,
        );
      } else if (!isNumber(value)) {
        fields.reject(names[i], `is "${value}", must be a whole number`);
      }
      this.forgetPreset(names[i]);
      this.set(names[i], path, value);
    }
  }

  private set(key: string, path: string, value: string): void {
    this.keys.push(key);
    this.paths.push(path);
    this.values.push(value);
  }

  private forgetPreset(key: string): void {
    const index = this.keys.indexOf(key);
    if (index < 0 || index >= this.presets) return;
    this.keys.splice(index, 1);
    this.paths.splice(index, 1);
    this.values.splice(index, 1);
    this.presets--;
  }

  /**
   * Sets them. To be called in the container's namespace, before the interface comes up.
   *
   * @param hasIpv6 whether the interface has IPv6 for sure.
   */
  write(hasIpv6: bool): CniError | null {
    for (let i = 0; i < this.keys.length; i++) {
      const written = writeSysctl(this.paths[i], this.values[i]);
      if (written >= 0 || (written == -ENOENT && !hasIpv6 && this.isPointless(i))) continue;
      const what = `set sysctl "${this.keys[i]}" to ${this.values[i]}`;
      const error = systemError(CONFIGURE_REFUSED, what, written);
      if (written == -ENOENT) error.details = missing(this.keys[i]);
      return error;
    }
    return null;
  }

  /** Where the interface has no IPv6 there is nothing to rule: an MTU below 1280, an old kernel. */
  private isPointless(index: i32): bool {
    if (index >= this.presets) return false;
    const path = this.paths[index];
    return readSysctl(path.slice(0, path.lastIndexOf("/")) + "/disable_ipv6").length == 0;
  }

  /**
   * An error if one is set in another way. To be called in the container's namespace. Those of
   * neighbours are mostly times, which the kernel rounds.
   */
  check(): CniError | null {
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i].includes(".neigh.")) continue;
      const found = readSysctl(this.paths[i]);
      if (found == this.values[i] || this.isPointless(i)) continue;
      const what = `sysctl "${this.keys[i]}"`;
      if (found.length == 0) return new CniError(SYSTEM_FAILURE, `${what} cannot be read`);
      const wanted = `the configuration says ${this.values[i]}`;
      return new CniError(CHECK_FAILED, `${what} is "${found}", ${wanted}`);
    }
    return null;
  }
}

function missing(key: string): string {
  return key == `${IPV6_CONF}${IFNAME}optimistic_dad`
    ? "this kernel has no optimistic detection (CONFIG_IPV6_OPTIMISTIC_DAD): use another ipv6.dad"
    : "this kernel has none of that name";
}

/** The path of a sysctl of the interface, or the empty string for any other. */
function pathOf(name: string, ifname: string): string {
  for (let i = 0; i < TREES.length; i++) {
    const start = TREES[i] + IFNAME;
    if (!name.startsWith(start)) continue;
    const key = name.slice(start.length);
    return isKey(key) ? `${TREES[i].replaceAll(".", "/")}${ifname}/${key}` : "";
  }
  return "";
}

/** Small letters, digits and underscores, so that it cannot lead to another folder. */
function isKey(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isLetter = unit >= 0x61 && unit <= 0x7a;
    if (!isLetter && unit != 0x5f && (unit < 0x30 || unit > 0x39)) return false;
  }
  return text.length > 0 && text.length <= KEY_MAX;
}

/** As the kernel writes it, so that it can be compared. */
function isNumber(text: string): bool {
  return text.length <= VALUE_MAX && I64.parseInt(text).toString() == text;
}
