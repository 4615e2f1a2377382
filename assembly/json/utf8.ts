/**
 * The length of the well-formed UTF-8 sequence at `start` (RFC 3629, table in section 4): 1 to 4,
 * or 0 where there is none. Overlong forms, surrogates and values above U+10FFFF are not
 * well-formed.
 */
export function utf8Length(bytes: Uint8Array, start: i32): i32 {
  const first: i32 = bytes[start];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (start + length > bytes.length) return 0;

  let lowest = 0x80;
  let highest = 0xbf;
  if (first == 0xe0) lowest = 0xa0;
  if (first == 0xed) highest = 0x9f;
  if (first == 0xf0) lowest = 0x90;
  if (first == 0xf4) highest = 0x8f;
  const second: i32 = bytes[start + 1];
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i++) {
    if ((bytes[start + i] & 0xc0) != 0x80) return 0;
  }
  return length;
}
