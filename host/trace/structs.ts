import * as ethernet from "../../assembly/linux/if_ether.ts";
import * as poll from "../../assembly/linux/poll.ts";
import * as socket from "../../assembly/linux/socket.ts";
import { hexOf } from "./bytes.ts";
import { flagsOf, nameOf, namesOf } from "./names.ts";

const PROTOCOLS = namesOf(ethernet, "ETH_P_");
const POLL_EVENTS = namesOf(poll, "POLL");
const POLLFD_SIZE = 8;
const SOCKADDR_NL_SIZE = 12;
const STATX_SIZE = 256;

/** The identity of a file, from as much of a struct statx (linux/stat.h) as is there. */
export function statxOf(buffer: Uint8Array): string {
  const bytes = new Uint8Array(STATX_SIZE);
  bytes.set(buffer);
  const view = viewOf(bytes);
  const mode = view.getUint16(0x1c, true).toString(8);
  const device = `${view.getUint32(0x88, true)}:${view.getUint32(0x8c, true)}`;
  return `{mode=0${mode}, ino=${view.getBigUint64(0x20, true)}, dev=${device}}`;
}

/**
 * A struct sockaddr_nl (netlink(7)) or sockaddr_ll (packet(7)) by its fields, any other address in
 * hexadecimal.
 */
export function sockaddrOf(bytes: Uint8Array): string {
  if (bytes.length < SOCKADDR_NL_SIZE) return hexOf(bytes);
  const view = viewOf(bytes);
  if (view.getUint16(0, true) === socket.AF_PACKET) {
    const protocol = nameOf(PROTOCOLS, view.getUint16(2));
    return `{AF_PACKET, protocol=${protocol}, index=${view.getInt32(4, true)}}`;
  }
  if (view.getUint16(0, true) !== socket.AF_NETLINK) return hexOf(bytes);
  const groups = view.getUint32(8, true).toString(16);
  return `{AF_NETLINK, pid=${view.getUint32(4, true)}, groups=0x${groups}}`;
}

/** Structs pollfd: what was waited for on each descriptor and what came. */
export function pollfdsOf(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  const fds: string[] = [];
  for (let at = 0; at < bytes.length; at += POLLFD_SIZE) {
    const [events, revents] = [at + 4, at + 6].map((field) =>
      flagsOf(POLL_EVENTS, view.getUint16(field, true)),
    );
    fds.push(`{fd=${view.getInt32(at, true)}, events=${events}, revents=${revents}}`);
  }
  return `[${fds.join(", ")}]`;
}

/** A wait status in words (wait(2)). */
export function waitStatusOf(status: number): string {
  const signal = status & 0x7f;
  return signal ? `killed by signal ${signal}` : `exit ${status >> 8}`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
