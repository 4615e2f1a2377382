import { IpConfig, Result, Route } from "../cni/result";
import { RT_SCOPE_LINK } from "../linux/rtnetlink";
import { equalBytes, isIpv4 } from "../net/ip";
import { Cidr } from "../net/cidr";
import { KernelRoute } from "../rtnetlink/route";

/**
 * The routes of a result as the kernel takes them: a route without a gateway gets the first gateway
 * of its family, and routes to one destination by several gateways become one multipath route.
 */
export function kernelRoutes(result: Result): KernelRoute[] {
  const routes: KernelRoute[] = [];
  for (let i = 0; i < result.routes.length; i++) {
    const route = result.routes[i];
    const gateway = gatewayOf(route, result.ips);
    const known = findSame(routes, route, gateway != null);
    if (!known) routes.push(kernelRoute(route, gateway));
    else if (gateway && !hasGateway(known, gateway)) known.gateways.push(gateway);
  }
  return routes;
}

/** The next hop of a route, or null if its destination is on the link. */
export function gatewayOf(route: Route, ips: IpConfig[]): Uint8Array | null {
  // A destination of link scope is reached directly, by what the scope means.
  if (route.gateway || route.scope >= RT_SCOPE_LINK) return route.gateway;
  for (let i = 0; i < ips.length; i++) {
    const gateway = ips[i].gateway;
    if (gateway && isIpv4(gateway) == route.dst.isIpv4) return gateway;
  }
  return null;
}

function kernelRoute(route: Route, gateway: Uint8Array | null): KernelRoute {
  const entry = new KernelRoute();
  entry.dst = new Cidr(route.dst.network, route.dst.prefix);
  if (gateway) entry.gateways.push(gateway);
  if (route.table >= 0) entry.table = <u32>route.table;
  if (route.scope >= 0) entry.scope = route.scope;
  entry.priority = route.priority;
  entry.mtu = route.mtu;
  entry.advmss = route.advmss;
  return entry;
}

function findSame(routes: KernelRoute[], route: Route, hasGateway: bool): KernelRoute | null {
  const wanted = kernelRoute(route, null);
  for (let i = 0; i < routes.length; i++) {
    const entry = routes[i];
    const isSame =
      entry.dst.equals(wanted.dst) &&
      entry.table == wanted.table &&
      entry.scope == wanted.scope &&
      entry.priority == wanted.priority &&
      entry.mtu == wanted.mtu &&
      entry.advmss == wanted.advmss &&
      entry.gateways.length > 0 == hasGateway;
    if (isSame) return entry;
  }
  return null;
}

function hasGateway(route: KernelRoute, gateway: Uint8Array): bool {
  for (let i = 0; i < route.gateways.length; i++) {
    if (equalBytes(route.gateways[i], gateway)) return true;
  }
  return false;
}
