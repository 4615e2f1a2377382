import { CniError, LINK_REFUSED, UNSUPPORTED_FIELD } from "../cni/error";
import { Fields } from "../json/fields";
import {
  MACVLAN_FLAG_NODST,
  MACVLAN_FLAG_NOPROMISC,
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_SOURCE,
  MACVLAN_MODE_VEPA,
} from "../linux/if_link";
import { equalBytes } from "../net/ip";
import { formatMac, macProblem, parseMac } from "../net/mac";
import { Link } from "../rtnetlink/link";
import { MacvlanData } from "../rtnetlink/macvlan";
import { log } from "../sys/io";

/** So many fit an answer of the kernel's about one interface, with room to spare. */
const SOURCES_MAX: i32 = 1024;
/** Never queue what is broadcast. */
const BC_CUTOFF_NEVER: i64 = -1;

const MODE_NAMES: string[] = ["bridge", "private", "vepa", "passthru", "source"];
const MODES: u32[] = [
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_VEPA,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_SOURCE,
];

/** The name of a MACVLAN_MODE_*. */
export function modeName(mode: u32): string {
  const index = MODES.indexOf(mode);
  return index < 0 ? `mode ${mode.toString()}` : MODE_NAMES[index];
}

/** Reads the keys that the kernel's macvlan driver is told of. Only an unknown mode is an error. */
export function readDriver(fields: Fields, data: MacvlanData): CniError | null {
  data.bcQueueLen = <u32>fields.integer("bcqueuelen", 0, u32.MAX_VALUE);
  data.hasBcCutoff = fields.has("bclim");
  data.bcCutoff = <i32>fields.integer("bclim", BC_CUTOFF_NEVER, i32.MAX_VALUE);
  if (fields.flag("nopromisc")) data.flags |= MACVLAN_FLAG_NOPROMISC;
  if (fields.flag("nodst")) data.flags |= MACVLAN_FLAG_NODST;
  readSources(fields, data);
  const mode = fields.text("mode");
  const index = mode.length > 0 ? MODE_NAMES.indexOf(mode) : 0;
  if (index < 0) {
    return new CniError(
      UNSUPPORTED_FIELD,
      `unknown macvlan mode: key "mode" is "${mode}", must be one of ${MODE_NAMES.join(", ")}`,
    );
  }
  data.mode = MODES[index];
  checkMode(fields, data);
  return null;
}

function readSources(fields: Fields, data: MacvlanData): void {
  const texts = fields.texts("sourceMacs");
  if (texts.length > SOURCES_MAX) {
    fields.reject("sourceMacs", `has more than ${SOURCES_MAX.toString()} addresses`);
    return;
  }
  for (let i = 0; i < texts.length; i++) {
    const mac = parseMac(texts[i]);
    const problem = mac ? macProblem(mac) : "is no hardware address";
    if (mac && problem.length == 0) {
      if (!holds(data.sources, mac)) data.sources.push(mac);
    } else {
      fields.reject(`sourceMacs[${i.toString()}]`, `"${texts[i]}" ${problem}`);
    }
  }
}

/** The kernel would refuse these without a reason, or ignore them. */
function checkMode(fields: Fields, data: MacvlanData): void {
  const isSource = data.mode == MACVLAN_MODE_SOURCE;
  if (isSource && data.sources.length == 0) {
    fields.reject("sourceMacs", "is missing: mode source takes frames from these addresses alone");
  }
  if (!isSource && data.sources.length > 0) fields.reject("sourceMacs", "is for mode source alone");
  if (!isSource && (data.flags & MACVLAN_FLAG_NODST) != 0) {
    fields.reject("nodst", "is for mode source alone");
  }
  if (data.mode != MACVLAN_MODE_PASSTHRU && (data.flags & MACVLAN_FLAG_NOPROMISC) != 0) {
    fields.reject("nopromisc", "is for mode passthru alone");
  }
}

/**
 * Looks at what the kernel has made of a new link. Of attributes that it does not know it says
 * nothing when it is given them.
 */
export function reviewDriver(wanted: MacvlanData, link: Link, master: string): CniError | null {
  const found = link.macvlan;
  if (wanted.hasBcCutoff && wanted.bcCutoff != 1 && !found.hasBcCutoff) {
    return new CniError(
      LINK_REFUSED,
      `this kernel has no broadcast cutoff: "bclim" is ${wanted.bcCutoff.toString()}`,
      "Linux 6.4 and later have it; remove the key",
    );
  }
  if (wanted.bcQueueLen == 0) return null;
  if (found.bcQueueLenUsed == 0) {
    log('"bcqueuelen" has no effect on this kernel: Linux 5.11 and later have it');
  } else if (found.bcQueueLenUsed > wanted.bcQueueLen) {
    log(
      `the broadcast queue of master "${master}" holds ${found.bcQueueLenUsed.toString()} frames ` +
        `and not ${wanted.bcQueueLen.toString()}, because another macvlan there asks for more`,
    );
  }
  return null;
}

/** What the driver has in another way than the configuration says, or the empty string. */
export function driverDifference(wanted: MacvlanData, link: Link): string {
  const found = link.macvlan;
  if (found.mode != wanted.mode) {
    return `mode ${modeName(found.mode)}, the configuration says ${modeName(wanted.mode)}`;
  }
  const flags = found.flags ^ wanted.flags;
  if ((flags & MACVLAN_FLAG_NOPROMISC) != 0) return "nopromisc not as the configuration says";
  if ((flags & MACVLAN_FLAG_NODST) != 0) return "nodst not as the configuration says";
  for (let i = 0; i < wanted.sources.length; i++) {
    const mac = wanted.sources[i];
    if (!holds(found.sources, mac)) return `no source MAC address ${formatMac(mac)}`;
  }
  if (found.sources.length > wanted.sources.length) {
    return "source MAC addresses that the configuration does not say";
  }
  if (wanted.bcQueueLen > 0 && found.bcQueueLen > 0 && found.bcQueueLen != wanted.bcQueueLen) {
    const length = found.bcQueueLen.toString();
    return `bcqueuelen ${length}, the configuration says ${wanted.bcQueueLen.toString()}`;
  }
  // The cutoff is the master's: whoever has set it last has set it for all.
  if (wanted.hasBcCutoff && found.bcCutoff != wanted.bcCutoff) {
    const cutoff = found.bcCutoff.toString();
    log(`bclim of the master of "${link.name}" is ${cutoff} now, for all of its macvlans`);
  }
  return "";
}

function holds(list: Uint8Array[], mac: Uint8Array): bool {
  for (let i = 0; i < list.length; i++) if (equalBytes(list[i], mac)) return true;
  return false;
}
