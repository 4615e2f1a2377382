import { ADDRESS_DUPLICATE, CniError, CONFIGURE_REFUSED, TRY_AGAIN_LATER } from "../cni/error";
import { see } from "../cni/troubleshooting";
import { EAFNOSUPPORT, EEXIST, ENETUNREACH, EPERM } from "../linux/errno";
import { formatIp } from "../net/ip";
import { errnoText, isTransient } from "../sys/errno";
import { NetlinkError } from "../rtnetlink/socket";

/**
 * An error of rtnetlink in a sentence: `what: EBUSY (Device or resource busy): the kernel's words`.
 *
 * @param code used unless the error is one that may be gone a moment later.
 */
export function netlinkError(code: i32, what: string, error: NetlinkError): CniError {
  const words = error.text.length > 0 ? `: ${error.text}` : "";
  const isBrief = isTransient(error.errno);
  return new CniError(
    isBrief ? TRY_AGAIN_LATER : code,
    `${what}: ${errnoText(error.errno)}${words}`,
  );
}

/** A refusal to give an interface its addresses and routes or to bring it up, with what to do. */
export function configureError(what: string, failure: NetlinkError): CniError {
  const error = netlinkError(CONFIGURE_REFUSED, what, failure);
  error.details = remedy(failure.errno);
  return error;
}

/** What to do where a packet socket cannot be opened; empty where that is not known. */
export function packetRemedy(errno: i32): string {
  if (errno != -EPERM) return "";
  const what = "no CAP_NET_RAW in the user namespace that owns the container's network namespace";
  return see(`${what}: run the plugin with it, or without announcing and asking`, "no-cap_net_raw");
}

/** Somebody else on the network has an address, or is about to take it. */
export class AddressConflict extends CniError {
  /** @param why how that is known. */
  constructor(
    public ip: Uint8Array,
    ifname: string,
    public why: string,
  ) {
    super(
      ADDRESS_DUPLICATE,
      `address ${formatIp(ip)} of "${ifname}" is already used by another host on the network ` +
        `(${why}): free it there, or exclude it from the pool`,
    );
  }
}

function remedy(errno: i32): string {
  switch (errno) {
    case EAFNOSUPPORT:
      return "this kernel has no rules of that family (CONFIG_IP(V6)_MULTIPLE_TABLES)";
    case EEXIST:
      return see(
        "it is there already: twice in the IPAM result, or by the interface's own network",
        "address-or-route-is-there-already",
      );
    case ENETUNREACH:
      return see(
        "no address of the interface reaches the gateway: give it one in the gateway's subnet",
        "gateway-is-out-of-reach",
      );
    default:
      return "";
  }
}
