import { CniError, IPAM_RESULT_UNUSABLE } from "../cni/error";
import { IpConfig, Result } from "../cni/result";
import { equalBytes } from "../net/ip";
import { log } from "../sys/io";
import { AddressConflict } from "./failure";
import { Ipam } from "./ipam";

/**
 * What IPAM gives, one result after the other, until nobody else on the network has an address of
 * it.
 */
export class Offers {
  result: Result = new Result();
  /** Why the results before were of no use. */
  private conflicts: AddressConflict[] = [];

  /** @param more how many results are taken after the first one. */
  constructor(
    private ipam: Ipam,
    private more: i32,
  ) {}

  /** Takes a result, after giving back the one before. */
  take(): CniError | null {
    const count = this.conflicts.length;
    let error = count > 0 ? this.ipam.run("DEL") : null;
    this.result = new Result();
    if (!error) error = this.ipam.add(this.result);
    if (!error && this.result.ips.length == 0) {
      error = new CniError(
        IPAM_RESULT_UNUSABLE,
        `IPAM plugin "${this.ipam.type}" returned missing IP config: its result has no address`,
      );
    }
    if (count == 0) return error;
    const last = this.conflicts[count - 1];
    if (error) return this.end(last, `no other address from IPAM: ${error.msg}`);
    if (!this.isKnown(this.result.ips)) return null;
    return this.end(last, `IPAM plugin "${this.ipam.type}" gave it again`);
  }

  /** True if the result is of no use because of this error, and another one is to be tried. */
  isRefused(error: CniError | null): bool {
    if (!(error instanceof AddressConflict)) return false;
    const conflict = <AddressConflict>error;
    // The link-local address is none of IPAM's.
    if (!holds(this.result.ips, conflict.ip)) return false;
    // That is what `take` has said.
    if (this.conflicts.includes(conflict)) return false;
    if (this.conflicts.length == this.more) {
      this.end(conflict, "");
      return false;
    }
    this.conflicts.push(conflict);
    log(`${conflict.msg}; trying the next address`);
    return true;
  }

  private isKnown(ips: IpConfig[]): bool {
    for (let i = 0; i < this.conflicts.length; i++) {
      if (holds(ips, this.conflicts[i].ip)) return true;
    }
    return false;
  }

  /** The last conflict is the error; the others, and what came after it, are its details. */
  private end(last: AddressConflict, what: string): CniError {
    const details: string[] = [];
    if (what.length > 0) details.push(what);
    for (let i = 0; i < this.conflicts.length; i++) {
      if (this.conflicts[i] != last) details.push(`before: ${this.conflicts[i].msg}`);
    }
    last.details = details.join("\n");
    return last;
  }
}

function holds(ips: IpConfig[], ip: Uint8Array): bool {
  for (let i = 0; i < ips.length; i++) if (equalBytes(ips[i].address.ip, ip)) return true;
  return false;
}
