// THE ABI: everything the core can ever do to the world, as imported Linux system calls.
//
// Read three times from this one file: by the AssemblyScript compiler (import module "host"), by
// TypeScript as types (host/imports.ts), by a C compiler through the header that wasm2c writes.
//
// One rule for all: the name, the argument order and the numbers are those of the manual page.
// Every function returns one i32, `>= 0` on success or `-errno`. Guest data is (pointer, length in
// bytes); a range that is not wholly inside the guest's memory is -EFAULT. Paths are UTF-8 without
// a NUL byte (-EINVAL). File descriptors are close-on-exec whatever the flags say. Calls are
// synchronous and run on the thread that called run(), because setns(2) changes one thread only.

/** open(2). `mode`: permission bits of a file created by O_CREAT. Returns a file descriptor. */
export declare function open(path: usize, pathLength: i32, flags: i32, mode: i32): i32;

/** read(2). Returns the number of bytes read, 0 at the end of the file. */
export declare function read(fd: i32, buffer: usize, length: i32): i32;

/** write(2). Returns the number of bytes written, which may be fewer than `length`. */
export declare function write(fd: i32, buffer: usize, length: i32): i32;

/** close(2). */
export declare function close(fd: i32): i32;

/**
 * statx(2). `buffer` receives the first `bufferLength` bytes of a struct statx (256 bytes); its
 * stx_mask says which fields the host filled in. An empty path with AT_EMPTY_PATH asks for `dirfd`.
 */
export declare function statx(
  dirfd: i32,
  path: usize,
  pathLength: i32,
  flags: i32,
  mask: u32,
  buffer: usize,
  bufferLength: i32,
): i32;

/** mkdir(2). `mode`: permission bits, less the umask. */
export declare function mkdir(path: usize, pathLength: i32, mode: i32): i32;

/** unlink(2). */
export declare function unlink(path: usize, pathLength: i32): i32;

/** link(2): -EEXIST where `second` is there already. */
export declare function link(path: usize, pathLength: i32, second: usize, secondLength: i32): i32;

/** symlink(2): `text` is what the link holds; it need not be the name of anything. */
export declare function symlink(text: usize, textLength: i32, path: usize, pathLength: i32): i32;

/** readlink(2). Returns the length of the text, cut off at `capacity`. */
export declare function readlink(path: usize, pathLength: i32, buffer: usize, capacity: i32): i32;

/** flock(2). */
export declare function flock(fd: i32, operation: i32): i32;

/** getdents64(2). Returns the number of bytes of structs linux_dirent64, 0 at the end. */
export declare function getdents64(fd: i32, buffer: usize, length: i32): i32;

/** setns(2): the calling thread enters the namespace that `fd` refers to. */
export declare function setns(fd: i32, nstype: i32): i32;

/** socket(2). Returns a file descriptor. */
export declare function socket(domain: i32, type: i32, protocol: i32): i32;

/** bind(2). `address`: a struct sockaddr of any family. */
export declare function bind(fd: i32, address: usize, addressLength: i32): i32;

/** setsockopt(2). */
export declare function setsockopt(
  fd: i32,
  level: i32,
  name: i32,
  value: usize,
  valueLength: i32,
): i32;

/** send(2). Returns the number of bytes sent. */
export declare function send(fd: i32, buffer: usize, length: i32, flags: i32): i32;

/**
 * send(2) in the background: for a send that blocks long after its work is done.
 *
 * Returns at once, with a descriptor that becomes readable when the send has ended; read(2) then
 * gives what it returned, an i32 of 4 bytes, little-endian: the number of bytes sent or -errno. The
 * end of the file in its place: nobody knows. The send goes on when the descriptor is closed, and
 * when this program ends. A host without processes of its own sends before it returns.
 */
export declare function start_send(fd: i32, buffer: usize, length: i32, flags: i32): i32;

/**
 * recvfrom(2). `address` receives the sender's struct sockaddr; `addressLength` points to a u32
 * that holds its capacity and receives its length. Returns the number of bytes received, or with
 * MSG_TRUNC the length of the datagram.
 */
export declare function recvfrom(
  fd: i32,
  buffer: usize,
  length: i32,
  flags: i32,
  address: usize,
  addressLength: usize,
): i32;

/** poll(2). `fds`: `count` structs pollfd of 8 bytes. `timeout` in milliseconds, -1 for none. */
export declare function poll(fds: usize, count: i32, timeout: i32): i32;

/** clock_gettime(2). `timespec` receives two i64: seconds and nanoseconds (16 bytes). */
export declare function clock_gettime(clock: i32, timespec: usize): i32;

/**
 * getenv(3). Returns the length of the value in bytes, or -ENOENT where the variable is not set.
 * The value is written only if it fits into `capacity` bytes; it has no NUL at its end.
 */
export declare function getenv(name: usize, nameLength: i32, value: usize, capacity: i32): i32;

/**
 * program_invocation_name(3), as a path: the file that was executed, before symbolic links are
 * followed. Its last component is the plugin to be. Returned as by getenv.
 */
export declare function program_invocation_name(buffer: usize, capacity: i32): i32;

/**
 * posix_spawn(3) and waitpid(2) in one: runs the program at `path` to its end with the host's whole
 * environment, in which CNI_COMMAND is replaced by `command`, and `input` on its standard input.
 *
 * `output` receives its standard output and `log` the end of its standard error, which the host
 * also passes on to its own. `outputLength` and `logLength` point to a u32 each: the capacity
 * before, the length after. Output beyond the capacity kills the program: -E2BIG.
 *
 * Returns the wait status (WIFEXITED and the others of wait(2)), or -errno if it could not be
 * started.
 */
export declare function spawn(
  path: usize,
  pathLength: i32,
  command: usize,
  commandLength: i32,
  input: usize,
  inputLength: i32,
  output: usize,
  outputLength: usize,
  log: usize,
  logLength: usize,
): i32;
