import { CHECK_FAILED, CniError, HOST_ACCESS_FAILED } from "../../cni/error";
import { IpConfig } from "../../cni/result";
import { see } from "../../cni/troubleshooting";
import { netlinkError } from "../../ipam/failure";
import { IFF_UP } from "../../linux/if";
import { NUD_PERMANENT } from "../../linux/neighbour";
import { RTM_NEWNEIGH } from "../../linux/rtnetlink";
import { equalBytes, formatIp, isLinkLocal } from "../../net/ip";
import { formatMac } from "../../net/mac";
import { Link } from "../../rtnetlink/link";
import { MessageReader, MessageWriter } from "../../rtnetlink/message";
import { dumpNeighbours, Neighbour, readNeighbour } from "../../rtnetlink/neighbour";
import { RtnlSocket, Visitor } from "../../rtnetlink/socket";
import { ShimRoutes } from "./routes";
import { Shim } from "./shim";

/**
 * What is missing of the way between host and pod, for CHECK.
 *
 * @param host a socket in the host's namespace.
 * @param container a socket in the container's.
 * @param ips the pod's addresses.
 * @param priority the metric of the host's routes.
 */
export function checkHostAccess(
  host: RtnlSocket,
  container: RtnlSocket,
  pod: Link,
  ips: IpConfig[],
  priority: u32,
): CniError | null {
  const shim = new Shim(host, pod.lower);
  let error = shim.find();
  if (error) return error;
  const link = shim.link;
  if (!link) return lacks("host", `interface "${shim.name}"`);
  if ((link.flags & IFF_UP) == 0) return lacks("host", `interface "${shim.name}", which is down,`);
  const routes = new ShimRoutes(shim.index);
  const pods = new PermanentNeighbours(link, "host");
  const hosts = new PermanentNeighbours(pod, "container");
  error = routes.load(host);
  if (!error) error = pods.load(host);
  if (!error) error = hosts.load(container);
  for (let i = 0; i < ips.length && !error; i++) {
    const ip = ips[i].address.ip;
    if (isLinkLocal(ip)) continue;
    const route = routes.find(ip, priority);
    if (!route) return lacks("host", `route to ${formatIp(ip)} dev "${shim.name}"`);
    error = pods.expect(ip, pod.mac);
    // Without a source the host has no address that the pod could have been told.
    if (!error && route.source.length > 0) error = hosts.expect(route.source, shim.mac);
  }
  return error;
}

/** The permanent neighbours behind an interface. */
class PermanentNeighbours extends Visitor {
  private found: Neighbour[] = [];

  /** @param where the interface is. */
  constructor(
    private link: Link,
    private where: string,
  ) {
    super();
  }

  load(socket: RtnlSocket): CniError | null {
    const request = new MessageWriter();
    dumpNeighbours(request, this.link.index);
    const failure = socket.dump(request, this);
    if (!failure) return null;
    return netlinkError(HOST_ACCESS_FAILED, `list the ${this.where}'s neighbours`, failure);
  }

  /** Null if the one who has an address is known by this MAC address. */
  expect(ip: Uint8Array, mac: Uint8Array): CniError | null {
    for (let i = 0; i < this.found.length; i++) {
      if (equalBytes(this.found[i].ip, ip) && equalBytes(this.found[i].mac, mac)) return null;
    }
    const what = `permanent neighbour ${formatIp(ip)} lladdr ${formatMac(mac)}`;
    return lacks(this.where, `${what} dev "${this.link.name}"`);
  }

  reset(): void {
    this.found = [];
  }

  visit(message: MessageReader): void {
    if (message.type != RTM_NEWNEIGH) return;
    const neighbour = readNeighbour(message);
    const isPermanent = (neighbour.state & NUD_PERMANENT) != 0;
    if (isPermanent && neighbour.index == this.link.index) this.found.push(neighbour);
  }
}

function lacks(where: string, what: string): CniError {
  return new CniError(
    CHECK_FAILED,
    `the ${where} has no ${what} for "hostAccess"`,
    see(
      "recreate the container; until then it and the host do not reach each other",
      "the-way-to-the-host-is-broken",
    ),
  );
}
