/**
 * Negative, 0 or positive as a name comes before another, is the same, or comes after it: digits
 * are compared as the numbers that they write, so that ens2 comes before ens10.
 */
export function compareNatural(a: string, b: string): i32 {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const endOfA = endOfDigits(a, i);
    const endOfB = endOfDigits(b, j);
    // Without the zeros before it the longer number is the larger one.
    while (i + 1 < endOfA && a.charCodeAt(i) == 0x30) i++;
    while (j + 1 < endOfB && b.charCodeAt(j) == 0x30) j++;
    const difference = endOfA - i - (endOfB - j);
    if (endOfA > i && endOfB > j && difference != 0) return difference;
    const units = a.charCodeAt(i++) - b.charCodeAt(j++);
    if (units != 0) return units;
  }
  const rest = a.length - i - (b.length - j);
  // Only zeros before a number are left to differ.
  return rest != 0 ? rest : a < b ? -1 : <i32>(a > b);
}

function endOfDigits(text: string, start: i32): i32 {
  let end = start;
  while (end < text.length && text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  return end;
}
