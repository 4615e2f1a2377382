import { Cidr } from "../net/cidr";

/** An interface of a result. Empty texts and 0 are left out. */
export class Interface {
  mac: string = "";
  /** Bytes. */
  mtu: u32 = 0;
  socketPath: string = "";
  pciID: string = "";

  /** @param sandbox the value of CNI_NETNS for an interface of the container, else empty. */
  constructor(
    public name: string,
    public sandbox: string,
  ) {}
}

/** An address of a result. */
export class IpConfig {
  /** Index into `Result.interfaces`, or -1. */
  interface: i32 = -1;

  constructor(
    public address: Cidr,
    public gateway: Uint8Array | null,
  ) {}
}

/** A route of a result; numbers that are 0 were not asked for. */
export class Route {
  mtu: u32 = 0;
  advmss: u32 = 0;
  priority: u32 = 0;
  /** Routing table, or -1: 0 means something. */
  table: i64 = -1;
  /** rtm_scope, or -1: 0 is the universe. */
  scope: i32 = -1;

  constructor(
    public dst: Cidr,
    public gateway: Uint8Array | null,
  ) {}

  get isDefault(): bool {
    return this.dst.prefix == 0;
  }
}

export class Dns {
  nameservers: string[] = [];
  domain: string = "";
  search: string[] = [];
  options: string[] = [];

  get isEmpty(): bool {
    return (
      this.nameservers.length == 0 &&
      this.domain.length == 0 &&
      this.search.length == 0 &&
      this.options.length == 0
    );
  }

  /** What `other` says replaces what this says, key by key. */
  overrideBy(other: Dns): void {
    if (other.nameservers.length > 0) this.nameservers = other.nameservers;
    if (other.domain.length > 0) this.domain = other.domain;
    if (other.search.length > 0) this.search = other.search;
    if (other.options.length > 0) this.options = other.options;
  }
}

/** What ADD brought about (specification, section "ADD Success"), whatever the version. */
export class Result {
  interfaces: Interface[] = [];
  ips: IpConfig[] = [];
  routes: Route[] = [];
  dns: Dns = new Dns();

  /** Becomes what `other` is. */
  take(other: Result): void {
    this.interfaces = other.interfaces;
    this.ips = other.ips;
    this.routes = other.routes;
    this.dns = other.dns;
  }
}
