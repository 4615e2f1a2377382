import * as host from "./host";
import { EINTR, EIO } from "../linux/errno";
import { POLLIN } from "../linux/poll";
import { close } from "./io";

// struct pollfd (poll(2)): i32 descriptor, i16 events, i16 revents.
const POLLFD: i32 = 8;
const EVENTS: usize = 4;
const REVENTS: usize = 6;

/** A send(2) that goes on while the program does something else (start_send of the ABI). */
export class BackgroundSend {
  /** True once it has ended. */
  isDone: bool = false;
  private fd: i32 = -1;
  private pollfds: ArrayBuffer = new ArrayBuffer(2 * POLLFD);

  /** Returns 0 or -errno: then nothing was sent. */
  start(socket: i32, bytes: usize, length: i32): i32 {
    this.fd = host.start_send(socket, bytes, length, 0);
    return min(this.fd, 0);
  }

  /**
   * Waits until it has ended, or `socket` has something to receive.
   *
   * @param socket a descriptor, or -1 for none.
   * @param timeout milliseconds, or -1.
   */
  wait(socket: i32, timeout: i32): void {
    const own = changetype<usize>(this.pollfds);
    const other = own + POLLFD;
    store<i32>(own, this.fd);
    store<i32>(other, socket);
    store<u32>(own, POLLIN, EVENTS);
    store<u32>(other, POLLIN, EVENTS);
    const ready = host.poll(own, 2, timeout);
    // Where poll(2) itself fails, it is the result, which can be waited for, that counts.
    if (ready < 0) this.isDone = ready != -EINTR;
    else this.isDone = load<u16>(own, REVENTS) != 0;
  }

  /** What send(2) returned; waits for it. EIO if it was killed, so that nobody knows. */
  result(): i32 {
    const bytes = changetype<usize>(new ArrayBuffer(4));
    let count = -EINTR;
    while (count == -EINTR) count = host.read(this.fd, bytes, 4);
    if (count < 0) return count;
    return count == 4 ? load<i32>(bytes) : -EIO;
  }

  /** Lets it go on by itself. */
  close(): void {
    close(this.fd);
  }
}
