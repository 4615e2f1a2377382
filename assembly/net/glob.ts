const STAR: i32 = 0x2a;
const QUESTION: i32 = 0x3f;
const OPEN: i32 = 0x5b;
const DASH: i32 = 0x2d;

/** True for a pattern of glob(7), false for a text that can only mean itself. */
export function isGlob(text: string): bool {
  return text.includes("*") || text.includes("?") || text.includes("[");
}

/**
 * Whether a pattern of glob(7) matches the whole text: `*` any units, `?` one, `[a-c0]` one of
 * these, `[!a-c]` one of all others. A `[` that nothing closes means itself.
 */
export function matchesGlob(pattern: string, text: string): bool {
  let at = 0; // in the pattern
  let i = 0; // in the text
  let star = -1; // the last star of the pattern
  let rest = 0; // where what comes after the star was tried last
  while (i < text.length) {
    if (at < pattern.length && pattern.charCodeAt(at) == STAR) {
      star = at++;
      rest = i;
      continue;
    }
    const width = at < pattern.length ? matchOne(pattern, at, text.charCodeAt(i)) : 0;
    if (width > 0) {
      at += width;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++rest;
    } else {
      return false;
    }
  }
  while (at < pattern.length && pattern.charCodeAt(at) == STAR) at++;
  return at == pattern.length;
}

/** How much of the pattern stands for this unit; 0 if what is there does not. */
function matchOne(pattern: string, at: i32, unit: i32): i32 {
  const first = pattern.charCodeAt(at);
  if (first == QUESTION) return 1;
  const start = at + 1 + <i32>isNegated(pattern, at);
  // A bracket that comes first is one of the list.
  const end = first == OPEN ? pattern.indexOf("]", start + 1) : -1;
  if (end < 0) return first == unit ? 1 : 0;
  return isListed(pattern, start, end, unit) != isNegated(pattern, at) ? end + 1 - at : 0;
}

function isNegated(pattern: string, at: i32): bool {
  const next = at + 1 < pattern.length ? pattern.charAt(at + 1) : "";
  return next == "!" || next == "^";
}

/** Whether a unit is in the list that goes from `start` to `end`. */
function isListed(pattern: string, start: i32, end: i32, unit: i32): bool {
  let at = start;
  while (at < end) {
    const isRange = at + 2 < end && pattern.charCodeAt(at + 1) == DASH;
    const last = isRange ? at + 2 : at;
    if (unit >= pattern.charCodeAt(at) && unit <= pattern.charCodeAt(last)) return true;
    at = last + 1;
  }
  return false;
}
