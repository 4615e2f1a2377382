// Addresses as numbers: bytes in network order compare as the numbers they stand for.

/** Negative, 0 or positive as `a` is before, equal to or after `b`; IPv4 is before IPv6. */
export function compareIp(a: Uint8Array, b: Uint8Array): i32 {
  if (a.length != b.length) return a.length - b.length;
  return memory.compare(a.dataStart, b.dataStart, a.length);
}

/** Makes `ip` the address after it; after the last one comes the first. */
export function increment(ip: Uint8Array): void {
  for (let i = ip.length - 1; i >= 0; i--) {
    ip[i]++;
    if (ip[i] != 0) return;
  }
}

/** Makes `ip` the address before it; before the first one comes the last. */
export function decrement(ip: Uint8Array): void {
  for (let i = ip.length - 1; i >= 0; i--) {
    ip[i]--;
    if (ip[i] != 0xff) return;
  }
}

/**
 * How many addresses there are from `start` to `end`, both included; from about 2^63 on
 * u64.MAX_VALUE.
 */
export function countIps(start: Uint8Array, end: Uint8Array): u64 {
  let difference: u64 = 0;
  for (let i = 0; i < start.length; i++) {
    if (difference >> 55 != 0) return u64.MAX_VALUE;
    difference = (difference << 8) + <u64>end[i] - <u64>start[i];
  }
  return difference + 1;
}
