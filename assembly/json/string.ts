/** The position after the string whose opening quote is at `start`. */
export function skipString(bytes: Uint8Array, start: i32): i32 {
  let at = start + 1;
  while (bytes[at] != 0x22) at += bytes[at] == 0x5c ? 2 : 1;
  return at + 1;
}

/**
 * The characters of the string whose opening quote is at `start`. A surrogate that was escaped
 * without its other half becomes U+FFFD.
 */
export function decodeString(bytes: Uint8Array, start: i32): string {
  const end = skipString(bytes, start) - 1;
  // No escape is shorter than the UTF-8 of what it stands for.
  const decoded = new Uint8Array(end - start);
  let length = 0;
  let at = start + 1;
  while (at < end) {
    if (bytes[at] != 0x5c) {
      decoded[length++] = bytes[at++];
    } else if (bytes[at + 1] != 0x75) {
      decoded[length++] = unescape(bytes[at + 1]);
      at += 2;
    } else {
      const isPair = isSurrogatePair(bytes, at, end);
      const code = isPair ? pairAt(bytes, at) : hex4(bytes, at + 2);
      length = putUtf8(decoded, length, code);
      at += isPair ? 12 : 6;
    }
  }
  return String.UTF8.decodeUnsafe(decoded.dataStart, length);
}

/**
 * Compares the string whose opening quote is at `start` with `wanted`, which is ASCII.
 *
 * @param ignoreCase of ASCII letters.
 */
export function equalsString(
  bytes: Uint8Array,
  start: i32,
  wanted: string,
  ignoreCase: bool,
): bool {
  let at = start + 1;
  for (let i = 0; i < wanted.length; i++) {
    let code: i32 = bytes[at];
    if (code == 0x22) return false;
    if (code != 0x5c) {
      at++;
    } else if (bytes[at + 1] != 0x75) {
      code = unescape(bytes[at + 1]);
      at += 2;
    } else {
      code = hex4(bytes, at + 2);
      at += 6;
    }
    const expected = wanted.charCodeAt(i);
    const isEqual = ignoreCase ? lowerCase(code) == lowerCase(expected) : code == expected;
    if (!isEqual) return false;
  }
  return bytes[at] == 0x22;
}

function lowerCase(code: i32): i32 {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}

function isSurrogatePair(bytes: Uint8Array, at: i32, end: i32): bool {
  if (at + 12 > end || bytes[at + 6] != 0x5c || bytes[at + 7] != 0x75) return false;
  return hex4(bytes, at + 2) >> 10 == 0xd800 >> 10 && hex4(bytes, at + 8) >> 10 == 0xdc00 >> 10;
}

function pairAt(bytes: Uint8Array, at: i32): i32 {
  const high = hex4(bytes, at + 2) & 0x3ff;
  const low = hex4(bytes, at + 8) & 0x3ff;
  return 0x10000 + ((high << 10) | low);
}

function putUtf8(target: Uint8Array, start: i32, code: i32): i32 {
  const scalar = code >> 11 == 0xd800 >> 11 ? 0xfffd : code;
  let at = start;
  if (scalar < 0x80) {
    target[at++] = <u8>scalar;
    return at;
  }
  if (scalar < 0x800) {
    target[at++] = <u8>(0xc0 | (scalar >> 6));
  } else {
    if (scalar < 0x10000) {
      target[at++] = <u8>(0xe0 | (scalar >> 12));
    } else {
      target[at++] = <u8>(0xf0 | (scalar >> 18));
      target[at++] = <u8>(0x80 | ((scalar >> 12) & 0x3f));
    }
    target[at++] = <u8>(0x80 | ((scalar >> 6) & 0x3f));
  }
  target[at++] = <u8>(0x80 | (scalar & 0x3f));
  return at;
}

function hex4(bytes: Uint8Array, start: i32): i32 {
  let value = 0;
  for (let i = start; i < start + 4; i++) {
    const byte: i32 = bytes[i];
    value = (value << 4) | (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x61 + 10);
  }
  return value;
}

function unescape(byte: u8): u8 {
  switch (byte) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return byte;
  }
}
