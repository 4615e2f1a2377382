import { CniError, TRY_AGAIN_LATER } from "../cni/error";
import { errnoText, isTransient } from "../sys/errno";
import { NetlinkError } from "../rtnetlink/socket";

/**
 * An error of rtnetlink in a sentence: `what: EBUSY (Device or resource busy): the kernel's words`.
 *
 * @param code used unless the error is one that may be gone a moment later.
 */
export function netlinkError(code: i32, what: string, error: NetlinkError): CniError {
  const words = error.text.length > 0 ? `: ${error.text}` : "";
  const isBrief = isTransient(error.errno);
  return new CniError(
    isBrief ? TRY_AGAIN_LATER : code,
    `${what}: ${errnoText(error.errno)}${words}`,
  );
}
