import { CniError, CONFIGURE_REFUSED, systemError, TRY_AGAIN_LATER } from "../cni/error";
import { IpConfig } from "../cni/result";
import { see } from "../cni/troubleshooting";
import { Fields } from "../json/fields";
import { EAGAIN, EINTR } from "../linux/errno";
import { ETH_P_ARP, ETH_P_IPV6 } from "../linux/if_ether";
import { isIpv4 } from "../net/ip";
import { formatMac } from "../net/mac";
import { arpClaim, arpProbe } from "../packet/arp";
import { neighbourClaim } from "../packet/ndp";
import { PacketSocket } from "../packet/socket";
import { Link } from "../rtnetlink/link";
import { monotonicMs } from "../sys/clock";
import { AddressConflict, packetRemedy } from "./failure";

const PROBES_MAX: i32 = 10;
/** Milliseconds. */
const INTERVAL_MIN: i32 = 10;
const INTERVAL_MAX: i32 = 2000;
const INTERVAL_DEFAULT: i32 = 200;
const NEXT_ADDRESS_MAX: i32 = 32;
/**
 * How long the advertisement that made the kernel give up an address may take to be heard here as
 * well, in milliseconds.
 */
const PATIENCE: i32 = 20;

export const CONFLICT_KEYS: string[] = ["probes", "interval", "nextAddress"];

/** Whether others are asked for an address before it is used: the key `conflictDetection`. */
export class ConflictConf {
  /** 0: nobody is asked. */
  probes: i32 = 0;
  /** Milliseconds that there are for an answer to each. */
  interval: i32 = INTERVAL_DEFAULT;
  /** How many more addresses are tried after one that somebody has. */
  nextAddress: i32 = 0;

  get isOn(): bool {
    return this.probes > 0;
  }

  /** @param hasDad whether ADD waits for the kernel's own detection, which is that for IPv6. */
  load(conf: Fields, hasDad: bool): void {
    const fields = conf.child("conflictDetection");
    this.probes = <i32>fields.integer("probes", 0, PROBES_MAX);
    this.nextAddress = <i32>fields.integer("nextAddress", 0, NEXT_ADDRESS_MAX);
    if (fields.has("interval")) {
      this.interval = <i32>fields.integer("interval", INTERVAL_MIN, INTERVAL_MAX);
    }
    if (this.probes == 0) this.nextAddress = 0;
    else if (!hasDad)
      fields.reject("probes", 'asks for IPv6 by the kernel: "ipv6.dad" must be "wait"');
  }
}

/** Looks for others who have an address, by ARP probes (RFC 5227), and by listening. */
export class ConflictWatch {
  private arp: PacketSocket = new PacketSocket();
  private ndp: PacketSocket = new PacketSocket();
  private ipv4: Uint8Array[] = [];
  private hasIpv6: bool = false;

  constructor(
    private link: Link,
    private conf: ConflictConf,
  ) {}

  get isOn(): bool {
    return this.conf.isOn;
  }

  /** To be called in the container's namespace. */
  open(ips: IpConfig[]): CniError | null {
    for (let i = 0; i < ips.length; i++) {
      if (ips[i].address.isIpv4) this.ipv4.push(ips[i].address.ip);
      else this.hasIpv6 = true;
    }
    let errno = this.ipv4.length > 0 ? this.arp.open() : 0;
    if (errno == 0 && this.hasIpv6) errno = this.ndp.open();
    if (errno == 0) return null;
    const error = this.failure("open a packet socket", errno);
    error.details = packetRemedy(errno);
    return error;
  }

  close(): void {
    this.arp.close();
    this.ndp.close();
  }

  /** To be called when the link is up, and before it has an address. */
  listen(): CniError | null {
    let errno = this.ipv4.length > 0 ? this.arp.bind(this.link.index, ETH_P_ARP) : 0;
    if (errno == 0 && this.hasIpv6) errno = this.ndp.bind(this.link.index, ETH_P_IPV6);
    return errno < 0 ? this.failure("listen", errno) : null;
  }

  /** Asks for all IPv4 addresses at once: null if nobody has one. */
  probe(): CniError | null {
    const rounds = this.ipv4.length > 0 ? this.conf.probes : 0;
    let error: CniError | null = null;
    for (let round = 0; round < rounds && !error; round++) {
      for (let i = 0; i < this.ipv4.length; i++) {
        const sent = this.arp.send(arpProbe(this.link.mac, this.ipv4[i]));
        if (sent < 0) return this.failure("send an ARP probe", sent);
      }
      error = this.hear(this.arp, this.ipv4, this.conf.interval);
    }
    return error;
  }

  /** The result of the kernel's own detection, with the MAC address of who has the address. */
  name(conflict: AddressConflict): CniError {
    const heard = this.hear(this.ndp, [conflict.ip], PATIENCE);
    if (!(heard instanceof AddressConflict)) return conflict;
    const why = `${conflict.why}: ${(<AddressConflict>heard).why}`;
    return new AddressConflict(conflict.ip, this.link.name, why);
  }

  /** Nobody can be asked. */
  noCarrier(): CniError {
    return new CniError(
      TRY_AGAIN_LATER,
      `"${this.link.name}" has no carrier, so nobody can be asked whether they have its addresses`,
      see("conflictDetection is on: that needs a network", "master-has-no-carrier"),
    );
  }

  /** The first claim on one of these addresses within `timeout` milliseconds; null if none. */
  private hear(socket: PacketSocket, ips: Uint8Array[], timeout: i32): CniError | null {
    const deadline = monotonicMs() + timeout;
    while (true) {
      const rest = deadline - monotonicMs();
      const ready = rest > 0 ? socket.wait(<i32>rest) : 0;
      if (ready == 0) return null;
      const length = ready > 0 ? socket.receive() : ready;
      if (length == -EINTR || length == -EAGAIN) continue;
      if (length < 0) return this.failure("listen", length);
      const frame = socket.frame(length);
      for (let i = 0; i < ips.length; i++) {
        const conflict = this.conflictIn(frame, ips[i]);
        if (conflict) return conflict;
      }
    }
  }

  private conflictIn(frame: Uint8Array, ip: Uint8Array): AddressConflict | null {
    const own = this.link.mac;
    const claim = isIpv4(ip) ? arpClaim(frame, ip, own) : neighbourClaim(frame, ip, own);
    if (!claim) return null;
    const mac = formatMac(claim.mac);
    const why = claim.isProbe ? `${mac} is about to take it as well` : `${mac} has it`;
    return new AddressConflict(ip, this.link.name, why);
  }

  private failure(what: string, errno: i32): CniError {
    return systemError(
      CONFIGURE_REFUSED,
      `look for others with the addresses of "${this.link.name}": ${what}`,
      errno,
    );
  }
}
