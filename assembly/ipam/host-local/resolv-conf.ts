import { CniError, INVALID_CONFIG, systemError } from "../../cni/error";
import { Dns } from "../../cni/result";
import { readFile } from "../../sys/file";

/** More than resolv.conf(5) ever holds, in bytes. */
const LIMIT: i32 = 64 * 1024;

/**
 * Reads a resolv.conf(5) into `dns`: nameserver, domain (the last one counts), search and options.
 */
export function readResolvConf(path: string, dns: Dns): CniError | null {
  const file = readFile(path, LIMIT);
  if (file.errno != 0) {
    return systemError(INVALID_CONFIG, `host-local: read resolvConf "${path}"`, file.errno);
  }
  const text = String.UTF8.decodeUnsafe(file.bytes.dataStart, file.bytes.length);
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) readLine(lines[i].trim(), dns);
  return null;
}

function readLine(line: string, dns: Dns): void {
  if (line.startsWith("#") || line.startsWith(";")) return;
  const words = splitWords(line);
  if (words.length < 2) return;
  const values = words.slice(1);
  if (words[0] == "nameserver") dns.nameservers.push(values[0]);
  if (words[0] == "domain") dns.domain = values[0];
  if (words[0] == "search") dns.search = dns.search.concat(values);
  if (words[0] == "options") dns.options = dns.options.concat(values);
}

function splitWords(line: string): string[] {
  const words: string[] = [];
  const parts = line.replaceAll("\t", " ").split(" ");
  for (let i = 0; i < parts.length; i++) if (parts[i].length > 0) words.push(parts[i]);
  return words;
}
