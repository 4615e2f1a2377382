import { CHECK_FAILED, CniError, SYSTEM_FAILURE } from "../cni/error";
import { netlinkError } from "../ipam/failure";
import { LinkReply } from "../rtnetlink/query";

/** What CHECK has found to be otherwise than ADD has left it. */
export function differs(msg: string): CniError {
  return new CniError(CHECK_FAILED, msg);
}

/** What could not be looked at may well be as it was: no difference was found. */
export function unseen(what: string, reply: LinkReply): CniError {
  const failure = reply.error;
  return failure ? netlinkError(SYSTEM_FAILURE, what, failure) : new CniError(SYSTEM_FAILURE, what);
}
