import { validateContainerId } from "../../cni/validate";

/** The content of a lease file: container id, CR LF, interface name, no line feed at the end. */
const SEPARATOR: string = "\r\n";

/** Whose a lease is. */
export class Owner {
  constructor(
    public containerId: string,
    public ifname: string,
  ) {}

  /** Reads the trimmed content of a lease file; null if it names nobody. */
  static parse(content: string): Owner | null {
    const parts = content.split(SEPARATOR);
    if (parts.length > 2 || validateContainerId(parts[0])) return null;
    return new Owner(parts[0], parts.length == 2 ? parts[1] : "");
  }

  /**
   * What is in the lease file; without an interface as before there were several to a container.
   */
  toString(): string {
    return this.ifname.length > 0 ? this.containerId + SEPARATOR + this.ifname : this.containerId;
  }
}
