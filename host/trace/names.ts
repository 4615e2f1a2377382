import * as errno from "../../assembly/linux/errno.ts";

/** Numbers of one kind and their names in the kernel's headers; only those that the core uses. */
export type Names = ReadonlyMap<number, string>;

/**
 * The constants of a file of assembly/linux/ that start with `prefix`.
 *
 * @param except prefixes of other kinds that start in the same way: IFLA_INFO_KIND is no IFLA_*.
 */
export function namesOf(constants: object, prefix: string, except: readonly string[] = []): Names {
  const entries = Object.entries(constants)
    .filter(([name]) => name.startsWith(prefix) && !except.some((other) => name.startsWith(other)))
    .map(([name, value]) => [Number(value), name] as const);
  return new Map(entries);
}

export function nameOf(names: Names, value: number): string {
  return names.get(value) ?? String(value);
}

/** `A|B|0x40`: the flags by name, the largest first, then what is left of the number. */
export function flagsOf(names: Names, value: number): string {
  const parts: string[] = [];
  let rest = value >>> 0;
  for (const [flag, name] of [...names].sort(([a], [b]) => b - a)) {
    if (flag === 0 || (rest & flag) >>> 0 !== flag) continue;
    parts.push(name);
    rest = (rest & ~flag) >>> 0;
  }
  if (rest !== 0 || parts.length === 0) {
    parts.push(names.get(rest) ?? (rest < 10 ? String(rest) : `0x${rest.toString(16)}`));
  }
  return parts.join("|");
}

const ERRORS = namesOf(errno, "E");

/** The result of a call: `3`, or `-2 ENOENT`. */
export function resultOf(value: number): string {
  const name = ERRORS.get(-value);
  return name ? `${value} ${name}` : String(value);
}
