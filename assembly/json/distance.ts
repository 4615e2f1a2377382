/**
 * How many letters have to be inserted, deleted or replaced to make one word of the other, whatever
 * their case (Levenshtein distance).
 */
function distance(from: string, to: string): i32 {
  let above = new StaticArray<i32>(to.length + 1);
  let row = new StaticArray<i32>(to.length + 1);
  for (let j = 0; j <= to.length; j++) above[j] = j;
  for (let i = 0; i < from.length; i++) {
    row[0] = i + 1;
    for (let j = 0; j < to.length; j++) {
      const replaced = above[j] + (from.charCodeAt(i) == to.charCodeAt(j) ? 0 : 1);
      row[j + 1] = min(replaced, min(above[j + 1], row[j]) + 1);
    }
    const done = above;
    above = row;
    row = done;
  }
  return above[to.length];
}

/** The one of `words` that `text` was perhaps meant to be, or the empty string. */
export function nearest(text: string, words: string[]): string {
  let best = "";
  const wanted = text.toLowerCase();
  let least = i32.MAX_VALUE;
  for (let i = 0; i < words.length; i++) {
    const far = distance(wanted, words[i].toLowerCase());
    // With more than a third of the letters wrong it is another word.
    if (far >= least || 3 * far > max(text.length, words[i].length)) continue;
    least = far;
    best = words[i];
  }
  return best;
}
