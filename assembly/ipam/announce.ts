import { IpConfig } from "../cni/result";
import { Fields } from "../json/fields";
import { isIpv4 } from "../net/ip";
import { arpAnnouncement, arpReply } from "../packet/arp";
import { neighbourAdvertisement } from "../packet/ndp";
import { PacketSocket } from "../packet/socket";
import { Link } from "../rtnetlink/link";
import { sleepMs } from "../sys/clock";
import { errnoText } from "../sys/errno";
import { log } from "../sys/io";
import { packetRemedy } from "./failure";

const COUNT_MAX: i32 = 10;
/** Milliseconds; RFC 5227 waits for 2 s (ANNOUNCE_INTERVAL). */
const INTERVAL_MAX: i32 = 2000;
const INTERVAL_DEFAULT: i32 = 100;

export const ANNOUNCE_KEYS: string[] = ["count", "interval", "replies"];

/** How often neighbours are told of new addresses: the key `announce`. */
export class AnnounceConf {
  count: i32 = 1;
  /** Milliseconds between one time and the next. */
  interval: i32 = INTERVAL_DEFAULT;
  /** Also as ARP replies. */
  replies: bool = false;

  load(conf: Fields): void {
    const fields = conf.child("announce");
    if (fields.has("count")) this.count = <i32>fields.integer("count", 0, COUNT_MAX);
    if (fields.has("interval")) this.interval = <i32>fields.integer("interval", 0, INTERVAL_MAX);
    this.replies = fields.flag("replies");
  }
}

/**
 * Tells the neighbours of the addresses of an interface, so that they forget who had them before.
 *
 * The kernel does so by itself only where the addresses are there before the link comes up. Nothing
 * depends on it: what fails is logged.
 */
export class Announcer {
  private socket: PacketSocket = new PacketSocket();
  private ips: Uint8Array[] = [];
  private errno: i32 = 0;
  private remedy: string = "";

  constructor(
    private link: Link,
    private conf: AnnounceConf,
  ) {}

  /**
   * To be called in the container's namespace.
   *
   * @param hasIpv6 whether IPv6 addresses can be told of when ADD ends.
   */
  open(ips: IpConfig[], hasIpv6: bool): void {
    for (let i = 0; i < ips.length && this.conf.count > 0; i++) {
      const address = ips[i].address;
      if (address.isIpv4 || hasIpv6) this.ips.push(address.ip);
    }
    if (this.ips.length > 0) this.errno = this.socket.open();
    this.remedy = packetRemedy(this.errno);
  }

  close(): void {
    this.socket.close();
  }

  /** To be called when the link is up and duplicate address detection has ended. */
  announce(): void {
    if (this.ips.length == 0) return;
    if (this.errno == 0) this.errno = this.socket.bind(this.link.index, 0);
    if (this.errno == 0) this.send(this.frames());
    if (this.errno < 0) {
      const why = this.remedy.length > 0 ? `: ${this.remedy}` : "";
      log(`cannot announce the addresses of "${this.link.name}": ${errnoText(this.errno)}${why}`);
    }
  }

  private frames(): Uint8Array[] {
    const mac = this.link.mac;
    const frames: Uint8Array[] = [];
    for (let i = 0; i < this.ips.length; i++) {
      const ip = this.ips[i];
      if (!isIpv4(ip)) {
        frames.push(neighbourAdvertisement(mac, ip));
        continue;
      }
      frames.push(arpAnnouncement(mac, ip));
      if (this.conf.replies) frames.push(arpReply(mac, ip));
    }
    return frames;
  }

  private send(frames: Uint8Array[]): void {
    for (let left = this.conf.count; left > 0; left--) {
      if (left < this.conf.count) sleepMs(this.conf.interval);
      for (let i = 0; i < frames.length; i++) {
        const sent = this.socket.send(frames[i]);
        if (this.errno == 0) this.errno = sent;
      }
    }
    this.socket.closeLater(frames[0]);
  }
}
