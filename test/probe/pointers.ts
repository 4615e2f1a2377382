import * as host from "../../assembly/sys/host";
import { put, report, room } from "./report";

type Call = (pointer: usize, length: i32) => i32;

const LENGTH: i32 = 32;
const FD: i32 = 0;

/** A range whose length is an argument: every way in which it can be outside memory. */
function range(name: string, call: Call): void {
  const end = (<usize>memory.size()) << 16;
  report(`${name}: reaches beyond memory`, call(end - LENGTH + 1, LENGTH));
  report(`${name}: starts beyond memory`, call(end + 1, 0));
  report(`${name}: wraps around to memory`, call(<usize>0xfffffff0, LENGTH));
  report(`${name}: has a negative length`, call(room, -1));
  report(`${name}: has the most negative length`, call(room, i32.MIN_VALUE));
  report(`${name}: has the longest length`, call(room, i32.MAX_VALUE));
}

/** A struct of `size` bytes. */
function struct(name: string, size: i32, call: (pointer: usize) => i32): void {
  const end = (<usize>memory.size()) << 16;
  report(`${name}: reaches beyond memory`, call(end - size + 1));
  report(`${name}: wraps around to memory`, call(<usize>0xffffffff));
}

/** A buffer at `pointer` whose capacity is a u32 at `capacityAt`. */
function capacity(name: string, capacityAt: usize, call: (pointer: usize) => i32): void {
  const end = (<usize>memory.size()) << 16;
  store<u32>(capacityAt, LENGTH);
  report(`${name}: reaches beyond memory`, call(end - LENGTH + 1));
  store<u32>(capacityAt, 0x80000000);
  report(`${name}: has a capacity beyond memory`, call(room));
  store<u32>(capacityAt, u32.MAX_VALUE);
  report(`${name}: has a capacity that wraps around`, call(room));
  store<u32>(capacityAt, LENGTH);
}

export function badPointers(): void {
  range("open path", (p, n) => host.open(p, n, 0, 0));
  range("read buffer", (p, n) => host.read(FD, p, n));
  range("write buffer", (p, n) => host.write(FD, p, n));
  range("statx path", (p, n) => host.statx(-100, p, n, 0, 1, room, 256));
  range("statx buffer", (p, n) => host.statx(-100, room, put(room, "/"), 0, 1, p, n));
  range("mkdir path", (p, n) => host.mkdir(p, n, 0));
  range("unlink path", (p, n) => host.unlink(p, n));
  range("link path", (p, n) => host.link(p, n, room, put(room, "/")));
  range("link second", (p, n) => host.link(room, put(room, "/"), p, n));
  range("symlink text", (p, n) => host.symlink(p, n, room, put(room, "/")));
  range("symlink path", (p, n) => host.symlink(room, put(room, "/"), p, n));
  range("readlink path", (p, n) => host.readlink(p, n, room, LENGTH));
  range("readlink buffer", (p, n) => host.readlink(room, put(room, "/"), p, n));
  range("getdents64 buffer", (p, n) => host.getdents64(FD, p, n));
  range("bind address", (p, n) => host.bind(FD, p, n));
  range("setsockopt value", (p, n) => host.setsockopt(FD, 1, 1, p, n));
  range("send buffer", (p, n) => host.send(FD, p, n, 0));
  range("start_send buffer", (p, n) => host.start_send(FD, p, n, 0));
  range("getenv name", (p, n) => host.getenv(p, n, room, LENGTH));
  range("getenv value", (p, n) => host.getenv(room, put(room, "PROBE"), p, n));
  range("program_invocation_name buffer", (p, n) => host.program_invocation_name(p, n));
  struct("clock_gettime timespec", 16, (p) => host.clock_gettime(1, p));
  report("poll fds: reach beyond memory", host.poll(((<usize>memory.size()) << 16) - 15, 2, 0));
  report("poll fds: have a negative count", host.poll(room, -1, 0));
  report("poll fds: have the largest count", host.poll(room, i32.MAX_VALUE, 0));
  recvfrom();
  spawn();
}

function recvfrom(): void {
  const size = room + 100;
  store<u32>(size, 12);
  range("recvfrom buffer", (p, n) => host.recvfrom(FD, p, n, 0, room, room + 100));
  capacity("recvfrom address", size, (p) => host.recvfrom(FD, room, 8, 0, p, room + 100));
  struct("recvfrom address length", 4, (p) => host.recvfrom(FD, room, 8, 0, room, p));
}

// Where the arguments of `spawn` are in the room.
const PATH: usize = room;
const COMMAND: usize = room + 100;
const INPUT: usize = room + 200;
const OUTPUT: usize = room + 300;
const LOG: usize = room + 400;
const OUTPUT_LENGTH: usize = room + 500;
const LOG_LENGTH: usize = room + 504;

function spawn(): void {
  put(PATH, "/nonexistent");
  put(COMMAND, "ADD");
  store<u32>(OUTPUT_LENGTH, LENGTH);
  store<u32>(LOG_LENGTH, LENGTH);
  range("spawn path", (p, n) =>
    host.spawn(p, n, COMMAND, 3, INPUT, 8, OUTPUT, OUTPUT_LENGTH, LOG, LOG_LENGTH),
  );
  range("spawn command", (p, n) =>
    host.spawn(PATH, 12, p, n, INPUT, 8, OUTPUT, OUTPUT_LENGTH, LOG, LOG_LENGTH),
  );
  range("spawn input", (p, n) =>
    host.spawn(PATH, 12, COMMAND, 3, p, n, OUTPUT, OUTPUT_LENGTH, LOG, LOG_LENGTH),
  );
  capacity("spawn output", OUTPUT_LENGTH, (p) =>
    host.spawn(PATH, 12, COMMAND, 3, INPUT, 8, p, OUTPUT_LENGTH, LOG, LOG_LENGTH),
  );
  capacity("spawn log", LOG_LENGTH, (p) =>
    host.spawn(PATH, 12, COMMAND, 3, INPUT, 8, OUTPUT, OUTPUT_LENGTH, p, LOG_LENGTH),
  );
  struct("spawn output length", 4, (p) =>
    host.spawn(PATH, 12, COMMAND, 3, INPUT, 8, OUTPUT, p, LOG, LOG_LENGTH),
  );
  struct("spawn log length", 4, (p) =>
    host.spawn(PATH, 12, COMMAND, 3, INPUT, 8, OUTPUT, OUTPUT_LENGTH, LOG, p),
  );
}
