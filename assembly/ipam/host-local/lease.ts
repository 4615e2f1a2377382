import { validateContainerId, validateInterfaceName } from "../../cni/validate";

/** In a lease file, between the container id and the interface name; nothing comes after them. */
const SEPARATOR: string = "\r\n";

/** Whose a lease is. */
export class Owner {
  /** @param ifname empty in leases of before there were several interfaces to a container. */
  constructor(
    public containerId: string,
    public ifname: string,
  ) {}

  /** Reads the content of a lease file without space around it; null if it names nobody. */
  static parse(content: string): Owner | null {
    const end = content.indexOf(SEPARATOR);
    const containerId = end < 0 ? content : content.substring(0, end);
    const ifname = end < 0 ? "" : content.substring(end + SEPARATOR.length);
    if (validateContainerId(containerId)) return null;
    if (end >= 0 && validateInterfaceName(ifname)) return null;
    return new Owner(containerId, ifname);
  }

  /** The same container, as leases without an interface name it. */
  get legacy(): Owner {
    return new Owner(this.containerId, "");
  }

  /** What is in the lease file. */
  toString(): string {
    return this.ifname.length > 0 ? this.containerId + SEPARATOR + this.ifname : this.containerId;
  }
}
