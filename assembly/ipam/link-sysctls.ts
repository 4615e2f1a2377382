import { CniError, CONFIGURE_REFUSED, systemError } from "../cni/error";
import { Fields } from "../json/fields";
import { ENOENT } from "../linux/errno";
import { Netns } from "../sys/netns";
import { readSysctl, writeSysctl } from "../sys/sysctl";

/** The folders of /proc/sys that have one folder for each interface. */
const TREES: string[] = ["net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.neigh.", "net.ipv6.neigh."];
/** Stands for the interface's name, which the configuration cannot know. */
const IFNAME: string = "IFNAME.";
/** Digits of a 32-bit number, with its sign. */
const VALUE_MAX: i32 = 11;
/** No sysctl of an interface has a longer name. */
const KEY_MAX: i32 = 64;
/** An interface has fewer. */
const COUNT_MAX: i32 = 256;

/** The sysctls of the interface that the configuration sets: the key `sysctl`. */
export class LinkSysctls {
  /** As they are written there. */
  private keys: string[] = [];
  /** Below /proc/sys. */
  private paths: string[] = [];
  private values: string[] = [];

  get isEmpty(): bool {
    return this.keys.length == 0;
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
      this.keys.push(names[i]);
      this.paths.push(path);
      this.values.push(value);
    }
  }

  /** Sets them. To be called in the container's namespace, before the interface comes up. */
  write(): CniError | null {
    for (let i = 0; i < this.keys.length; i++) {
      const written = writeSysctl(this.paths[i], this.values[i]);
      if (written >= 0) continue;
      const what = `set sysctl "${this.keys[i]}" to ${this.values[i]}`;
      const error = systemError(CONFIGURE_REFUSED, what, written);
      if (written == -ENOENT) error.details = "this kernel has none of that name";
      return error;
    }
    return null;
  }

  /** As `write`, from outside the namespace. */
  writeIn(netns: Netns): CniError | null {
    if (this.isEmpty) return null;
    const entered = netns.enter();
    if (entered < 0) return systemError(CONFIGURE_REFUSED, "enter the container's netns", entered);
    const error = this.write();
    const left = netns.leave();
    if (error || left >= 0) return error;
    return systemError(CONFIGURE_REFUSED, "leave the container's netns", left);
  }

  /**
   * What is set in another way, or the empty string. To be called in the container's namespace.
   * Those of neighbours are mostly times, which the kernel rounds.
   */
  difference(): string {
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i].includes(".neigh.")) continue;
      const found = readSysctl(this.paths[i]);
      if (found == this.values[i]) continue;
      return `sysctl "${this.keys[i]}" is "${found}", the configuration says ${this.values[i]}`;
    }
    return "";
  }
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
