import { Ipv6Policy } from "./ipv6-policy";
import { LinkSysctls } from "./link-sysctls";
import { MacPolicy } from "./mac-policy";

/** What the configuration says about how an interface is set up. */
export class LinkPolicy {
  readonly sysctls: LinkSysctls = new LinkSysctls();
  readonly ipv6: Ipv6Policy = new Ipv6Policy();
  readonly mac: MacPolicy = new MacPolicy();
}
