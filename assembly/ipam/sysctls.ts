import { CniError, CONFIGURE_REFUSED, systemError } from "../cni/error";
import { UndoStep } from "../cni/undo";
import { Netns } from "../sys/netns";
import { readSysctl, writeSysctl } from "../sys/sysctl";

/** A sysctl of the container that was changed, to be set back if ADD fails. */
export class RestoreSysctl extends UndoStep {
  constructor(
    private netns: Netns,
    private key: string,
    private value: string,
  ) {
    super();
  }

  run(): CniError | null {
    const entered = this.netns.enter();
    if (entered < 0) return systemError(CONFIGURE_REFUSED, `restore ${this.key}`, entered);
    const written = writeSysctl(this.key, this.value);
    const left = this.netns.leave();
    if (written < 0) return systemError(CONFIGURE_REFUSED, `restore ${this.key}`, written);
    return left < 0 ? systemError(CONFIGURE_REFUSED, "leave the container's netns", left) : null;
  }
}

/**
 * Timers of duplicate address detection (RFC 4862 section 5.4) that make it take 50 ms in place of
 * up to two seconds: the random wait before the first probe, and the wait for an answer to a probe.
 * The probe itself is sent as ever, and a neighbour on the segment answers within the time.
 */
export class DadTimers {
  private keys: string[];
  private values: string[] = ["0", "50"];
  private before: string[] = ["", ""];

  constructor(ifname: string) {
    this.keys = [
      `net/ipv6/conf/${ifname}/router_solicitation_delay`,
      `net/ipv6/neigh/${ifname}/retrans_time_ms`,
    ];
  }

  /** To be called in the container's namespace, before the interface is up. */
  shorten(): void {
    for (let i = 0; i < this.keys.length; i++) {
      this.before[i] = readSysctl(this.keys[i]);
      // Where /proc/sys is read-only, detection takes as long as it takes.
      writeSysctl(this.keys[i], this.values[i]);
    }
  }

  /**
   * To be called in the container's namespace: the timers also rule how neighbours are kept alive.
   */
  restore(): void {
    for (let i = 0; i < this.keys.length; i++) {
      if (this.before[i].length > 0) writeSysctl(this.keys[i], this.before[i]);
    }
  }
}
