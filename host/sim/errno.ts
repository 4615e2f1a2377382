/**
 * A refusal of the kernel, thrown where it is decided and turned into `-errno` or an NLMSG_ERROR in
 * one place each (process.ts, netlink.ts).
 */
export class Errno extends Error {
  /**
   * @param errno positive, errno(3).
   * @param extack the text of the extended acknowledgement, where the kernel has one.
   */
  constructor(
    readonly errno: number,
    readonly extack = "",
  ) {
    super(extack === "" ? `errno ${errno}` : `errno ${errno}: ${extack}`);
  }
}
