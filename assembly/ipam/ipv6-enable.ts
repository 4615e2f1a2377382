import { CniError, CONFIGURE_REFUSED, INVALID_CONFIG, systemError } from "../cni/error";
import { UndoStack } from "../cni/undo";
import { Link } from "../rtnetlink/link";
import { log } from "../sys/io";
import { Netns } from "../sys/netns";
import { readSysctl, writeSysctl } from "../sys/sysctl";
import { RestoreSysctl } from "./sysctls";

/** The least MTU that IPv6 works with (RFC 8200 section 5); below it the kernel has no IPv6. */
const IPV6_MTU_MIN: u32 = 1280;

/** An error where the interface is too small. @param what needs IPv6. */
export function checkIpv6Mtu(link: Link, what: string): CniError | null {
  if (link.mtu >= IPV6_MTU_MIN) return null;
  return new CniError(
    INVALID_CONFIG,
    `the MTU of "${link.name}" is ${link.mtu.toString()}, too small for ${what}: ` +
      `IPv6 needs ${IPV6_MTU_MIN.toString()}`,
  );
}

/**
 * Switches IPv6 on, on the loopback interface and on one more: container runtimes switch it off
 * where their own network has none. To be called in the container's namespace.
 *
 * @param ifname of the interface, which is down.
 * @param isWanted false where addresses will tell by themselves that there is no IPv6.
 * @param undo gets what has to be taken back besides the interface.
 */
export function enableIpv6(
  netns: Netns,
  ifname: string,
  isWanted: bool,
  undo: UndoStack,
): CniError | null {
  const interfaces = ["lo", ifname];
  for (let i = 0; i < interfaces.length; i++) {
    const key = `net/ipv6/conf/${interfaces[i]}/disable_ipv6`;
    const before = readSysctl(key);
    if (before == "0") continue;
    if (before == "") {
      // The kernel refuses addresses by itself; nothing would come of router advertisements.
      if (isWanted) return missing(interfaces[i], key);
      log(`cannot read ${key}; going on as if IPv6 were enabled`);
      continue;
    }
    if (interfaces[i] == "lo") undo.push(new RestoreSysctl(netns, key, before));
    const written = writeSysctl(key, "0");
    if (written < 0) {
      return systemError(CONFIGURE_REFUSED, `enable IPv6 on "${interfaces[i]}"`, written);
    }
  }
  return null;
}

function missing(ifname: string, key: string): CniError {
  return new CniError(
    CONFIGURE_REFUSED,
    `enable IPv6 on "${ifname}": cannot read ${key}: has this kernel no IPv6?`,
  );
}
