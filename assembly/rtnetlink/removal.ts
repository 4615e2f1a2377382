import { AF_UNSPEC } from "../linux/socket";
import { RTM_DELLINK, RTNLGRP_LINK } from "../linux/rtnetlink";
import { deleteLink } from "./link";
import { MessageReader, MessageWriter } from "./message";
import { NetlinkError, RtnlSocket, Sign } from "./socket";

/** How long the notification is waited for before only the end of the send counts, in ms. */
const PATIENCE: i32 = 1000;

/**
 * Deletes a link (`ip link delete dev INDEX`), the last thing that is asked of this socket.
 *
 * The kernel announces the removal (RTNLGRP_LINK) when nothing of the link is left, neither name
 * nor MAC address nor its place on the master. But send(2) returns some 10 to 20 ms later: it waits
 * until no processor can still be looking at the memory (rcu_barrier), and then frees it. Nobody
 * has to wait for that.
 *
 * @param isSynchronous true to wait for that too.
 */
export function removeLink(
  socket: RtnlSocket,
  index: i32,
  isSynchronous: bool,
): NetlinkError | null {
  const request = new MessageWriter();
  deleteLink(request, index);
  if (isSynchronous || socket.listen(RTNLGRP_LINK) < 0) return socket.execute(request);
  return socket.executeUntil(request, new Removal(index), PATIENCE);
}

/** The notification that a link is gone. */
class Removal extends Sign {
  constructor(private index: i32) {
    super();
  }

  visit(message: MessageReader): void {
    // struct ifinfomsg: u8 family, ..., i32 index at 4. A bridge announces its ports as AF_BRIDGE.
    if (message.type != RTM_DELLINK || message.u8(0) != AF_UNSPEC) return;
    if (<i32>message.u32(4) == this.index) this.isSeen = true;
  }
}
