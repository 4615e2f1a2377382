import { Fields, Problem } from "../json/fields";
import { nearest } from "../json/distance";
import { JsonCursor, JsonKind, JsonValue } from "../json/value";
import { log } from "../sys/io";
import { CniError, UNSUPPORTED_FIELD } from "./error";
import { NetConf } from "./netconf";

/** How many unknown keys are named; a document may have a million of them. */
const NAMED: i32 = 8;
/** A key or value that is longer, in bytes, is not repeated in a message, nor compared. */
const SHOWN: i32 = 64;

/**
 * What the specification, its conventions and the runtimes put at the top of a configuration,
 * whatever the plugin.
 */
const CONVENTIONAL: string[] = [
  "cniVersion",
  "cniVersions",
  "name",
  "type",
  "args",
  "capabilities",
  "runtimeConfig",
  "prevResult",
  "ipMasq",
  "ipam",
  "dns",
  "disableCheck",
  "disableGC",
  "loadOnlyInlinedPlugins",
  "plugins",
  "deviceID",
  "pciBusID",
];

/** The capabilities that the conventions know. */
const CAPABILITIES: string[] = [
  "portMappings",
  "ipRanges",
  "bandwidth",
  "dns",
  "ips",
  "mac",
  "infinibandGUID",
  "deviceID",
  "aliases",
  "cgroupPath",
  "CNIDeviceInfoFile",
];

/** The keys that `readRoute` reads. */
const ROUTE: string[] = ["dst", "gw", "mtu", "advmss", "priority", "table", "scope"];

/** The keys that `readDns` reads. */
const DNS: string[] = ["nameservers", "domain", "search", "options"];

/** Looks for keys that nobody reads. Of a mistyped one the default would be taken silently. */
export class KeyCheck {
  /** With a problem of its own: wrong values are the business of those who read them. */
  readonly root: Fields;
  private unknown: UnknownKey[] = [];
  /** How many more there are than are named. */
  private more: i32 = 0;

  constructor(private conf: NetConf) {
    this.root = new Fields(conf.fields.value, "", new Problem());
  }

  /** What stands at the top, with the objects there that are every plugin's. */
  top(known: string[]): void {
    this.object(this.root, CONVENTIONAL.concat(known));
    this.dns(this.root);
    this.object(this.root.child("capabilities"), CAPABILITIES);
    this.object(this.root.child("runtimeConfig"), CAPABILITIES);
  }

  object(fields: Fields, known: string[]): void {
    const value = fields.value;
    if (!value || value.kind != JsonKind.OBJECT) return;
    const cursor = new JsonCursor(value);
    while (cursor.next()) {
      if (isKnown(cursor, known) || isForeign(cursor.key)) continue;
      if (this.unknown.length == NAMED) this.more++;
      else this.unknown.push(new UnknownKey(fields, cursor.key, cursor.value, known));
    }
  }

  list(elements: Fields[], known: string[]): void {
    for (let i = 0; i < elements.length; i++) this.object(elements[i], known);
  }

  routes(parent: Fields): void {
    this.list(parent.children("routes"), ROUTE);
  }

  dns(parent: Fields): void {
    this.object(parent.child("dns"), DNS);
  }

  /** For ADD: an error if the configuration is strict, else a line for each. */
  report(): CniError | null {
    const error = this.refuse();
    if (error) return error;
    for (let i = 0; i < this.unknown.length; i++) log(`ignored ${this.unknown[i].describe("")}`);
    if (this.more > 0) log(`ignored ${this.more.toString()} more unknown keys`);
    return null;
  }

  /** For STATUS, which is asked all the time: an error if ADD would give one, else nothing. */
  refuse(): CniError | null {
    const isStrict = this.conf.fields.flag("strict");
    const error = this.conf.error;
    if (error || !isStrict || this.unknown.length == 0) return error;
    const others: string[] = [];
    for (let i = 1; i < this.unknown.length; i++) others.push(`also: ${this.unknown[i]}`);
    if (this.more > 0) others.push(`also: ${this.more.toString()} more unknown keys`);
    return new CniError(UNSUPPORTED_FIELD, `${this.unknown[0]}`, others.join("\n"));
  }
}

class UnknownKey {
  constructor(
    private parent: Fields,
    private key: JsonValue,
    private value: JsonValue,
    private known: string[],
  ) {}

  toString(): string {
    const isShort = this.value.length <= SHOWN;
    return this.describe(` is ${isShort ? this.value.source : this.value.kindName}`);
  }

  /** @param is its value, or nothing: what a key holds is not for every log. */
  describe(is: string): string {
    const isShort = this.key.length <= SHOWN;
    const name = isShort ? this.key.source.slice(1, -1) : `(${this.key.length.toString()} bytes)`;
    const text = `unknown key "${this.parent.pathOf(name)}"${is}`;
    const meant = isShort ? nearest(name, this.known) : "";
    return meant.length > 0 ? `${text}: did you mean "${this.parent.pathOf(meant)}"?` : text;
  }
}

function isKnown(cursor: JsonCursor, known: string[]): bool {
  for (let i = 0; i < known.length; i++) if (cursor.keyEquals(known[i], true)) return true;
  return false;
}

/** Keys with a domain (`cni.dev/attachments`), for editors (`$schema`), and comments (`_why`). */
function isForeign(key: JsonValue): bool {
  const first = key.bytes[key.start + 1];
  if (first == 0x24 || first == 0x5f) return true;
  const end = key.start + key.length;
  for (let i = key.start; i < end; i++) {
    if (key.bytes[i] == 0x2e || key.bytes[i] == 0x2f) return true;
  }
  return false;
}
