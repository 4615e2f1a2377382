import { CniError, DECODING_FAILURE, INCOMPATIBLE_VERSION } from "./error";

/** The version of this program; a test holds it against package.json. */
export const PLUGIN_VERSION: string = "0.1.0";

/** The versions of the specification that are spoken, oldest first. */
export const SUPPORTED: string[] = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/** What a configuration without cniVersion is written in. */
export const DEFAULT_VERSION: string = "0.1.0";

export const LATEST: string = "1.1.0";

export function isSupported(version: string): bool {
  return SUPPORTED.includes(version);
}

/** True if the supported version `version` is `floor` or newer. */
export function isAtLeast(version: string, floor: string): bool {
  return SUPPORTED.indexOf(version) >= SUPPORTED.indexOf(floor);
}

/** ADD and DEL take any version that is in the list, letter by letter. */
export function requireSupported(version: string): CniError | null {
  if (isSupported(version)) return null;
  const quoted: string[] = [];
  for (let i = 0; i < SUPPORTED.length; i++) quoted.push(`"${SUPPORTED[i]}"`);
  return new CniError(
    INCOMPATIBLE_VERSION,
    "incompatible CNI versions",
    `config is "${version}", plugin supports [${quoted.join(" ")}]`,
  );
}

/**
 * CHECK, GC and STATUS came with a later version of the specification: says which side is too old.
 *
 * @param floor the first version that has `command`.
 */
export function requireCommand(version: string, command: string, floor: string): CniError | null {
  const problem = versionProblem(version);
  if (problem.length > 0) return new CniError(DECODING_FAILURE, problem);
  if (compare(version, floor) < 0) {
    return new CniError(INCOMPATIBLE_VERSION, `config version does not allow ${command}`);
  }
  if (compare(version, LATEST) > 0) {
    return new CniError(INCOMPATIBLE_VERSION, `plugin version does not allow ${command}`);
  }
  return requireSupported(version);
}

function versionProblem(version: string): string {
  const parts = version.split(".");
  if (parts.length > 3) return `invalid version "${version}": too many parts`;
  for (let i = 0; i < parts.length; i++) {
    if (!isNumber(parts[i])) {
      return `invalid version "${version}": "${parts[i]}" is not a number`;
    }
  }
  return "";
}

function isNumber(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return false;
  }
  return text.length > 0 && text.length < 10;
}

/** Less than, equal to or greater than 0, part by part; a missing part is 0. */
function compare(a: string, b: string): i32 {
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < 3; i++) {
    const l = i < left.length ? I32.parseInt(left[i]) : 0;
    const r = i < right.length ? I32.parseInt(right[i]) : 0;
    if (l != r) return l - r;
  }
  return 0;
}
