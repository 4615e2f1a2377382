/** What somebody on the network says about an address: that they have it, or are about to. */
export class Claim {
  /**
   * @param mac theirs.
   * @param isProbe true if they ask, at this very moment, whether it is free.
   */
  constructor(
    public mac: Uint8Array,
    public isProbe: bool,
  ) {}
}
