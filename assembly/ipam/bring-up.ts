import { EADDRINUSE, EBUSY } from "../linux/errno";
import { MessageWriter } from "../rtnetlink/message";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { monotonicMs, sleepMs } from "../sys/clock";

/** How long a MAC address that is in use is waited for, in milliseconds. */
const PATIENCE: i64 = 1000;
const LONGEST_PAUSE: i32 = 64;

/**
 * Sends messages, one of which sets an interface up, and waits where its MAC address is in use.
 *
 * The kernel takes a namespace apart in the background, after its last user has gone: what was in
 * it keeps its address until then, usually for some milliseconds, on a busy machine for longer. A
 * container that is started anew with the address that it had before meets its own shadow. So that
 * message and those after it, which failed because the interface was down, are sent again after
 * pauses of 1, 2, 4 and up to 64 ms, for a second.
 *
 * @param up which of the messages sets the interface up.
 */
export function bringUp(socket: RtnlSocket, request: MessageWriter, up: i32): NetlinkError | null {
  let failure = socket.execute(request);
  const deadline = isClash(failure, up) ? monotonicMs() + PATIENCE : 0;
  for (let pause = 1; isClash(failure, up) && monotonicMs() < deadline; ) {
    sleepMs(pause);
    pause = min(2 * pause, LONGEST_PAUSE);
    failure = socket.execute(request, up);
  }
  return failure;
}

/** Some kernels say EBUSY. */
function isClash(failure: NetlinkError | null, up: i32): bool {
  if (!failure || failure.index != up) return false;
  return failure.errno == EADDRINUSE || failure.errno == EBUSY;
}
