import { errnoText, isTransient } from "../sys/errno";

// Codes of the specification, section "Error" (CNI 1.1.0).
export const INCOMPATIBLE_VERSION: i32 = 1;
export const UNSUPPORTED_FIELD: i32 = 2;
export const INVALID_ENVIRONMENT: i32 = 4;
export const IO_FAILURE: i32 = 5;
export const DECODING_FAILURE: i32 = 6;
export const INVALID_CONFIG: i32 = 7;
export const INVALID_NETNS: i32 = 8;
export const TRY_AGAIN_LATER: i32 = 11;
export const NOT_AVAILABLE: i32 = 50;

// Our own, from 100 upwards; docs/configuration.md explains each.
export const MASTER_UNUSABLE: i32 = 100;
export const LINK_REFUSED: i32 = 101;
export const INTERFACE_EXISTS: i32 = 102;
export const CONFIGURE_REFUSED: i32 = 103;
export const ADDRESS_DUPLICATE: i32 = 104;
export const IPAM_BROKEN: i32 = 105;
export const IPAM_RESULT_UNUSABLE: i32 = 106;
export const CHECK_FAILED: i32 = 107;
export const SYSTEM_FAILURE: i32 = 108;
export const DELETE_FAILED: i32 = 109;
export const POOL_EXHAUSTED: i32 = 110;
export const HOST_ACCESS_FAILED: i32 = 111;

/** What a plugin prints when it fails: a number for programs, a sentence and details for people. */
export class CniError {
  constructor(
    public code: i32,
    public msg: string,
    public details: string = "",
  ) {}
}

/**
 * An error of a system call: `what: ENOENT (No such file or directory)`. One that may be gone a
 * moment later gets the code "try again later" in place of `code`.
 *
 * @param errno positive or negative.
 */
export function systemError(code: i32, what: string, errno: i32): CniError {
  return new CniError(isTransient(errno) ? TRY_AGAIN_LATER : code, `${what}: ${errnoText(errno)}`);
}
