/**
 * A cause, with what to do, and where more of it is to be read.
 *
 * @param anchor of a heading in docs/troubleshooting.md.
 */
export function see(text: string, anchor: string): string {
  return `${text}; see docs/troubleshooting.md#${anchor}`;
}
