import { AnnounceConf } from "./announce";
import { ConflictConf } from "./conflict";
import { Ipv6Policy } from "./ipv6-policy";
import { LinkSysctls } from "./link-sysctls";
import { MacPolicy } from "./mac-policy";

/** What the configuration says about how an interface is set up. */
export class LinkPolicy {
  readonly sysctls: LinkSysctls = new LinkSysctls();
  readonly ipv6: Ipv6Policy = new Ipv6Policy();
  readonly announce: AnnounceConf = new AnnounceConf();
  readonly conflicts: ConflictConf = new ConflictConf();
  readonly mac: MacPolicy = new MacPolicy();
}
