import type { IpRoute } from "../../host/sim/index.ts";

// Where the simulated machine is known to differ from Linux in what the scenarios show. The list at
// the top of host/sim/index.ts has the others, which no command of the plugin comes upon.

/** Routes that the kernel makes for multicast over IPv6 and the simulated one does not. */
export function isMulticast({ type }: IpRoute): boolean {
  return type === "multicast" || type === "anycast";
}

/** Flags that `ip` works out itself: of a link without carrier, or whose master is down. */
export function isDerived(flag: string): boolean {
  return flag === "NO-CARRIER" || flag === "M-DOWN";
}
