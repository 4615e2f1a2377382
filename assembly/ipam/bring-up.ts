import { EADDRINUSE, EBUSY } from "../linux/errno";
import { MessageWriter } from "../rtnetlink/message";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { sleepMs } from "../sys/clock";

/** How long a MAC address that is in use is waited for, in milliseconds. */
const PATIENCE: i32 = 1000;
const LONGEST_PAUSE: i32 = 64;

/**
 * Sends messages, one of which sets an interface up, and waits where its MAC address is in use.
 *
 * The kernel takes a namespace apart in the background, after its last user has gone: what was in
 * it keeps its address until then, usually for some milliseconds, on a busy machine for longer. A
 * container that is started anew with the address that it had before meets its own shadow. So that
 * message and those after it, which failed because the interface was down, are sent again after
 * pauses of 1, 2, 4 and up to 64 ms, for a second. The pauses are what is counted, so that a clock
 * or a poll(2) that fails makes no endless loop.
 *
 * @param up which of the messages sets the interface up.
 */
export function bringUp(socket: RtnlSocket, request: MessageWriter, up: i32): NetlinkError | null {
  let failure = socket.execute(request);
  for (let pause = 1, waited = 0; isClash(failure, up) && waited < PATIENCE; ) {
    sleepMs(pause);
    waited += pause;
    pause = min(2 * pause, LONGEST_PAUSE);
    failure = socket.execute(request, up);
  }
  return failure;
}

/** Whether another interface of the master has the MAC address; some kernels say EBUSY. */
export function isClash(failure: NetlinkError | null, up: i32): bool {
  if (!failure || failure.index != up) return false;
  return failure.errno == EADDRINUSE || failure.errno == EBUSY;
}
