import { IFF_LOOPBACK, IFF_UP } from "../linux/if";
import { ARPHRD_ETHER, ARPHRD_INFINIBAND } from "../linux/if_arp";
import { Link } from "../rtnetlink/link";
import { MacvlanConf } from "./conf";
import { Selector } from "./selector";

/** The controller whose ports work as if they had none. */
const VRF: string = "vrf";
const VLAN: string = "vlan";
/** Kinds that are themselves on a master. */
export const ON_A_MASTER: string[] = ["macvlan", "macvtap", "ipvlan", "ipvtap"];

/** Why an interface cannot be the master. */
export class Flaw {
  /**
   * @param what follows the name of the interface.
   * @param cure what to do.
   * @param anchor as for `see`.
   */
  constructor(
    public what: string,
    public cure: string,
    public anchor: string,
  ) {}
}

/** Why an interface cannot carry a macvlan that works, or null. */
export function flawOf(link: Link, mayBeDown: bool): Flaw | null {
  const another = "name an Ethernet interface";
  if ((link.flags & IFF_LOOPBACK) != 0) {
    const what = "is a loopback interface, which carries no macvlan";
    return new Flaw(what, another, "master-is-a-loopback");
  }
  if (link.type == ARPHRD_INFINIBAND) {
    const what = "is an InfiniBand device, which carries no macvlan";
    return new Flaw(what, `${another}, or use the plugin ipoib`, "master-is-infiniband");
  }
  if (link.type != ARPHRD_ETHER) {
    const what = `is no Ethernet device (ARPHRD type ${link.type.toString()})`;
    return new Flaw(`${what}, which carries no macvlan`, another, "master-is-no-ethernet-device");
  }
  if ((link.flags & IFF_UP) == 0 && !mayBeDown) {
    const cure = `ip link set dev ${link.name} up, or the key "masterUp": true`;
    return new Flaw("is down", cure, "master-is-down");
  }
  return null;
}

/** Why an interface that a selector means is passed over, after its name, or the empty string. */
export function reasonAgainst(link: Link, selector: Selector, conf: MacvlanConf): string {
  const flaw = flawOf(link, conf.masterUp);
  if (flaw) return flaw.what;
  if (isPort(link)) return `is a port of a ${link.controllerKind}`;
  if (conf.mtu > link.mtu) return `has MTU ${link.mtu.toString()}, less than "mtu"`;
  if (link.isNamed(selector.text)) return "";
  // Their addresses may be those of the interface that they are on, and that one is meant.
  const isOnAnother = ON_A_MASTER.includes(link.kind) || (link.kind == VLAN && selector.mac);
  return isOnAnother ? `is a ${link.kind}` : "";
}

/** Whether what arrives on a link goes to a bridge, bond or switch. */
export function isPort(link: Link): bool {
  return link.controller > 0 && link.controllerKind != VRF;
}
