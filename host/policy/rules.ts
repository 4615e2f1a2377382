import {
  AT_FDCWD,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_TRUNC,
  O_WRONLY,
} from "../../assembly/linux/fcntl.ts";
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
} from "../../assembly/linux/netlink.ts";
import {
  AF_NETLINK,
  AF_PACKET,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_NETLINK,
} from "../../assembly/linux/socket.ts";
import { S_IFMT, S_IFREG, STATX_TYPE } from "../../assembly/linux/stat.ts";
import type { System } from "../imports.ts";
import { Descriptors, type Held } from "./descriptors.ts";
import { isFrameOfOurs, listens, mayHear, mayListen } from "./frames.ts";
import { Invocation } from "./invocation.ts";
import { MessageFilter } from "./netlink.ts";
import { isAbove, isName, isProgram, type Place, placeOf } from "./paths.ts";

const READING = O_NONBLOCK | O_CLOEXEC;
const WRITING = READING | O_WRONLY;
const MAKING = WRITING | O_CREAT | O_EXCL | O_TRUNC;
/** The flags of open(2) that each place may be opened with; the others may not be opened. */
const OPEN: Partial<Readonly<Record<Place, number>>> = {
  container: READING,
  own: READING,
  sysctl: WRITING,
  resolvConf: READING,
  leases: READING,
  index: READING,
  lease: MAKING,
  shimSysctl: WRITING,
  records: READING,
  record: MAKING,
  recordLock: READING | O_CREAT,
};
/** Nobody has to know whether these are there. */
const NEVER_STAT: readonly Place[] = [
  "sysctl",
  "resolvConf",
  "shimSysctl",
  "records",
  "record",
  "recordLock",
];
/** What may be created is its owner's to write, and nobody's to become somebody else by. */
const MODE = 0o755;
const OPTIONS = [NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK];
const STATX_SIZE = 256;
const STX_MODE = 28;

/** What one run of the core may do, by what is known of its invocation and of itself so far. */
export class Rules {
  readonly invocation: Invocation;
  readonly descriptors = new Descriptors();
  /** Where setns(2) has taken the thread. */
  isInContainer = false;
  readonly #system: System;
  readonly #messages: MessageFilter;

  constructor(system: System) {
    this.#system = system;
    this.invocation = new Invocation(system);
    this.#messages = new MessageFilter((fd) => this.descriptors.isContainer(fd), this.invocation);
  }

  /** Whether a variable of the environment is for the core; any other is not there for it. */
  mayKnow(variable: string): boolean {
    return variable.startsWith("CNI_");
  }

  place(path: string): Place | undefined {
    return placeOf(path, this.invocation);
  }

  mayOpen(place: Place, flags: number, mode: number): boolean {
    const allowed = OPEN[place];
    if (allowed === undefined || (flags & ~allowed) !== 0 || (mode & ~MODE) !== 0) return false;
    // the same path is another file in the host's namespace
    if (place === "shimSysctl") return !this.isInContainer;
    return place !== "sysctl" || this.isInContainer;
  }

  mayStat(path: string): boolean {
    const place = this.place(path);
    if (place !== undefined) return !NEVER_STAT.includes(place);
    return path === this.invocation.program || this.#isProgram(path);
  }

  mayMakeDirectory(path: string, mode: number): boolean {
    return (mode & ~MODE) === 0 && isAbove(path, this.invocation);
  }

  mayUnlink(path: string): boolean {
    const place = this.place(path);
    return place === "lease" || place === "entry" || place === "record";
  }

  mayLink(path: string, second: string): boolean {
    return this.place(path) === "lease" && this.place(second) === "lease";
  }

  /** The text names a neighbour, so that no link of the core's leads out of its directory. */
  maySymlink(text: string, path: string): boolean {
    return isName(text) && this.place(path) === "entry";
  }

  /** Another program gets the same bytes and the same command; after a failed ADD it gets DEL. */
  maySpawn(path: string, command: string, input: Uint8Array): boolean {
    const own = this.invocation.variable("CNI_COMMAND");
    const isCommand = command === own || (own === "ADD" && command === "DEL");
    if (!isCommand || this.isInContainer || !this.#isProgram(path)) return false;
    return isSame(input, this.invocation.input) && this.#isRegular(path);
  }

  /** A family that is added here needs its rule in `maySend`. */
  maySocket(domain: number, type: number, protocol: number): boolean {
    if ((type & ~SOCK_CLOEXEC) !== SOCK_RAW) return false;
    if (domain === AF_PACKET) return this.#mayOpenPacketSocket(protocol);
    return domain === AF_NETLINK && protocol === NETLINK_ROUTE;
  }

  /** Of no protocol, it hears nothing before it is bound. */
  #mayOpenPacketSocket(protocol: number): boolean {
    return (
      this.isInContainer && protocol === 0 && this.invocation.variable("CNI_COMMAND") === "ADD"
    );
  }

  /** What a socket is that is opened now. */
  socketHere(domain: number): Held {
    if (domain === AF_PACKET) return "packetSocket";
    return this.isInContainer ? "containerSocket" : "hostSocket";
  }

  /** What listens stays where it is: bound anew for nothing, it would listen as before. */
  mayBind(fd: number, address: Uint8Array): boolean {
    if (this.descriptors.get(fd) === "packetSocket") return mayListen(address);
    return this.descriptors.isNetlink(fd);
  }

  /** Notes that a socket has been bound. */
  bound(fd: number, address: Uint8Array): void {
    if (this.descriptors.isPacket(fd) && listens(address)) this.descriptors.add(fd, "listener");
  }

  mayReceive(fd: number, length: number): boolean {
    return this.descriptors.isNetlink(fd) || (this.descriptors.isPacket(fd) && mayHear(length));
  }

  maySetOption(level: number, name: number): boolean {
    return level === SOL_NETLINK && OPTIONS.includes(name);
  }

  maySend(fd: number, buffer: Uint8Array): boolean {
    const held = this.descriptors.get(fd);
    if (this.descriptors.isPacket(fd)) return isFrameOfOurs(buffer);
    if (held === "hostSocket")
      return this.#messages.mayTellHost(buffer, this.invocation.raisesMaster);
    return held === "containerSocket" && this.#messages.mayTellContainer(buffer);
  }

  #isProgram(path: string): boolean {
    return isProgram(path, this.invocation.ipamType, this.invocation.variable("CNI_PATH"));
  }

  /** Whether a path leads to a regular file, symbolic links followed. */
  #isRegular(path: string): boolean {
    const buffer = new Uint8Array(STATX_SIZE);
    if (this.#system.statx(AT_FDCWD, path, 0, STATX_TYPE, buffer) < 0) return false;
    return (new DataView(buffer.buffer).getUint16(STX_MODE, true) & S_IFMT) === S_IFREG;
  }
}

function isSame(bytes: Uint8Array, other: Uint8Array | undefined): boolean {
  if (other === undefined || bytes.length !== other.length) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== other[i]) return false;
  return true;
}
