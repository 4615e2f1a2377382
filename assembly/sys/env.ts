import * as host from "./host";

/** The value of an environment variable, or the empty string where it is not set (getenv(3)). */
export function getenv(name: string): string {
  const key = String.UTF8.encode(name);
  const length = host.getenv(changetype<usize>(key), key.byteLength, 0, 0);
  if (length <= 0) return "";
  const value = new ArrayBuffer(length);
  const again = host.getenv(
    changetype<usize>(key),
    key.byteLength,
    changetype<usize>(value),
    length,
  );
  return again == length ? String.UTF8.decode(value) : "";
}

/** The path by which this program was called, not resolved (program_invocation_name(3)). */
export function programPath(): string {
  const length = host.program_invocation_name(0, 0);
  if (length <= 0) return "";
  const value = new ArrayBuffer(length);
  const again = host.program_invocation_name(changetype<usize>(value), length);
  return again == length ? String.UTF8.decode(value) : "";
}

/** The last component of a path. */
export function basename(path: string): string {
  return path.substring(path.lastIndexOf("/") + 1);
}
