import { EINTR } from "../linux/errno";
import { POLLIN } from "../linux/poll";
import { AF_PACKET, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from "../linux/socket";
import { BackgroundSend } from "../sys/background";
import * as host from "../sys/host";
import { allocate, close, waitFor } from "../sys/io";

// struct sockaddr_ll (packet(7)): u16 family, u16 protocol (big-endian), i32 index, and who a frame
// comes from, which is in the frame as well.
const ADDRESS: i32 = 20;
/** No frame of ARP or neighbour discovery is longer; what is longer is cut off. */
const BUFFER: i32 = 256;

/**
 * A packet(7) socket on one interface: whole frames, with their Ethernet headers.
 *
 * The kernel frees it only when no processor can be looking at it any more, so close(2) takes 8 to
 * 20 ms (synchronize_net), and so does the end of the last process that holds it.
 */
export class PacketSocket {
  private fd: i32 = -1;
  private buffer: ArrayBuffer = allocate(BUFFER);

  /** Opens it in the current namespace; it hears nothing yet. Returns 0 or -errno. */
  open(): i32 {
    // Of no protocol: one that listened everywhere would have to stop that when it is bound.
    this.fd = host.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return min(this.fd, 0);
  }

  /**
   * Binds it to an interface; by the index 0 to none.
   *
   * @param protocol ETH_P_*: the frames that it receives; 0 for those of before, at first none.
   * @returns 0 or -errno.
   */
  bind(index: i32, protocol: i32): i32 {
    const address = changetype<usize>(new ArrayBuffer(ADDRESS));
    store<u16>(address, AF_PACKET);
    store<u16>(address, bswap<u16>(<u16>protocol), 2);
    store<i32>(address, index, 4);
    return host.bind(this.fd, address, ADDRESS);
  }

  /** Returns 0 or -errno. */
  send(frame: Uint8Array): i32 {
    let sent = -EINTR;
    while (sent == -EINTR) sent = host.send(this.fd, frame.dataStart, frame.length, 0);
    return min(sent, 0);
  }

  /** Waits for a frame. Returns 1, 0 after `timeout` milliseconds, or -errno. */
  wait(timeout: i32): i32 {
    return waitFor(this.fd, POLLIN, timeout);
  }

  /** The length of the frame that was received, which is then in `frame`; or -errno. */
  receive(): i32 {
    const buffer = changetype<usize>(this.buffer);
    const length = changetype<usize>(new ArrayBuffer(4));
    return host.recvfrom(this.fd, buffer, BUFFER, MSG_DONTWAIT, length, length);
  }

  /** The first `length` bytes of what came last; they are overwritten by what comes next. */
  frame(length: i32): Uint8Array {
    return Uint8Array.wrap(this.buffer, 0, min(length, BUFFER));
  }

  /**
   * Closes it without waiting, where the host has a background: a send there holds the socket to
   * its end.
   *
   * @param frame any that was sent. It is sent to nobody: on no interface, the send fails (ENXIO).
   */
  closeLater(frame: Uint8Array): void {
    const sending = new BackgroundSend();
    const unbound = this.bind(0, 0) == 0;
    const isLeft = unbound && sending.start(this.fd, frame.dataStart, frame.length) == 0;
    // Before the other holder ends: it is the last one who has to wait.
    this.close();
    if (isLeft) sending.close();
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
  }
}
