import fs from "node:fs";
import path from "node:path";

/**
 * Writes a file whole or not at all, creating its folder: a plugin may be running from the old one
 * at this moment, and has its native library mapped.
 *
 * @param {string} file
 * @param {string | Uint8Array} contents
 * @param {number} [mode] permission bits
 */
export function replaceFile(file, contents, mode = 0o644) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  fs.writeFileSync(fresh, contents, { mode });
  fs.renameSync(fresh, file);
}

/** A symbolic link at `file`, as replaceFile. */
export function replaceLink(file, target) {
  const fresh = `${file}.${process.pid}`;
  fs.symlinkSync(target, fresh);
  fs.renameSync(fresh, file);
}
