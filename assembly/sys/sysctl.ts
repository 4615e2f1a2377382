import { close, openRead, openWrite, readAll, writeText } from "./io";

/** No value of /proc/sys/net is longer, in bytes. */
const LIMIT: i32 = 4096;

/**
 * The value of a sysctl of the current network namespace without its line feed, or the empty string
 * where it cannot be read.
 *
 * @param key with slashes, because an interface name may have dots:
 *   `net/ipv6/conf/eth0.5/autoconf`.
 */
export function readSysctl(key: string): string {
  const fd = openRead("/proc/sys/" + key);
  if (fd < 0) return "";
  const value = readAll(fd, LIMIT);
  close(fd);
  if (value.errno != 0) return "";
  return String.UTF8.decodeUnsafe(value.bytes.dataStart, value.bytes.length).trimEnd();
}

/** Returns 0 or -errno. */
export function writeSysctl(key: string, value: string): i32 {
  const fd = openWrite("/proc/sys/" + key);
  if (fd < 0) return fd;
  const written = writeText(fd, value);
  close(fd);
  return written;
}
