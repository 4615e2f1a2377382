import { CniError } from "../cni/error";
import { UndoStep } from "../cni/undo";
import { Ipam } from "../ipam/ipam";
import { MacvlanLink } from "./link";

/**
 * Removes the interface that a failed ADD may have created; its addresses and routes go with it.
 */
export class RemoveLink extends UndoStep {
  constructor(
    private link: MacvlanLink,
    private isSynchronous: bool,
  ) {
    super();
  }

  run(): CniError | null {
    return this.link.mayExist ? this.link.remove(this.isSynchronous) : null;
  }
}

/** Releases what IPAM has handed out, also where its ADD failed half-way. */
export class ReleaseLease extends UndoStep {
  constructor(private ipam: Ipam) {
    super();
  }

  run(): CniError | null {
    return this.ipam.run("DEL");
  }
}
