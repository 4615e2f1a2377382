import { IFNAMSIZ } from "../linux/if";
import { CniError, INVALID_CONFIG, INVALID_ENVIRONMENT } from "./error";

/** Specification, "Parameters": CNI_CONTAINERID. The empty string is reported as missing before. */
export function validateContainerId(id: string): CniError | null {
  if (isIdentifier(id)) return null;
  return new CniError(INVALID_ENVIRONMENT, "invalid characters in containerID", id);
}

/**
 * Specification, "Network configuration": name. It names directories, so it takes no other
 * characters.
 */
export function validateNetworkName(name: string): CniError | null {
  if (name.length == 0) return new CniError(INVALID_CONFIG, "missing network name");
  if (isIdentifier(name)) return null;
  return new CniError(INVALID_CONFIG, "invalid characters found in network name", name);
}

/**
 * Specification, "Parameters": CNI_IFNAME; what dev_valid_name() of the kernel takes, and no ':'.
 */
export function validateInterfaceName(name: string): CniError | null {
  if (name.length == 0) return new CniError(INVALID_ENVIRONMENT, "interface name is empty");
  if (String.UTF8.byteLength(name) >= IFNAMSIZ) {
    return new CniError(
      INVALID_ENVIRONMENT,
      "interface name is too long",
      `interface name should be less than ${IFNAMSIZ.toString()} characters`,
    );
  }
  if (name == "." || name == "..") {
    return new CniError(INVALID_ENVIRONMENT, "interface name is . or ..");
  }
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit == 0x2f || unit == 0x3a || isSpace(unit)) {
      return new CniError(
        INVALID_ENVIRONMENT,
        "interface name contains / or : or whitespace characters",
        name,
      );
    }
    if (unit == 0x25) {
      // The kernel would take eth%d as a pattern and choose a name of its own.
      return new CniError(INVALID_ENVIRONMENT, "interface name contains %", name);
    }
  }
  return null;
}

/** A letter or digit, then letters, digits, '_', '.' and '-'; all of ASCII. */
function isIdentifier(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isPunctuation = unit == 0x5f || unit == 0x2e || unit == 0x2d;
    if (!isAlphanumeric(unit) && !(isPunctuation && i > 0)) return false;
  }
  return text.length > 0;
}

function isAlphanumeric(unit: i32): bool {
  const lower = unit | 0x20;
  return (unit >= 0x30 && unit <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}

/** White_Space of Unicode. */
function isSpace(unit: i32): bool {
  return (
    (unit >= 0x09 && unit <= 0x0d) ||
    unit == 0x20 ||
    unit == 0x85 ||
    unit == 0xa0 ||
    unit == 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit == 0x2028 ||
    unit == 0x2029 ||
    unit == 0x202f ||
    unit == 0x205f ||
    unit == 0x3000
  );
}
