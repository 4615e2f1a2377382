import * as host from "../../assembly/sys/host";
import { POLLIN } from "../../assembly/linux/poll";
import { room } from "./report";

const RESULT: usize = room + 4200;

/** start_send to its end: what send(2) returned, or why it was not begun. */
export function startSend(fd: i32, buffer: usize, length: i32): i32 {
  const handle = host.start_send(fd, buffer, length, 0);
  if (handle < 0) return handle;
  store<i32>(RESULT, handle);
  store<u32>(RESULT + 4, POLLIN);
  const ready = host.poll(RESULT, 1, 1000);
  const count = host.read(handle, RESULT, 100);
  const end = host.read(handle, RESULT + 8, 100);
  host.close(handle);
  return ready == 1 && count == 4 && end == 0 ? load<i32>(RESULT) : i32.MIN_VALUE;
}
