import type { System } from "../imports.ts";
import { isName } from "./paths.ts";

const DATA_DIR = "/var/lib/cni/networks";
const RECORDS = "/run/cni-macvlan";
const HOST_LOCAL = "host-local";
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** A JSON text is UTF-8 (RFC 8259), or it is none. */
const STRICT_UTF8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Where host-local keeps the leases of one network. */
export interface LeasePaths {
  /** The directory of the leases. */
  readonly leases: string;
  /** The directory of the index beside it. */
  readonly index: string;
  /** The mark of the index. */
  readonly mark: string;
}

/** What a configuration says that decides about paths; what it does not say is empty. */
interface Config {
  readonly type: string;
  readonly resolvConf: string;
  readonly paths: LeasePaths | undefined;
  /** The key `sysctl`. */
  readonly sysctl: unknown;
  /** The directory of the network's records of what it has in the host's network. */
  readonly records: string | undefined;
  /** The key `hostAccess`. */
  readonly hostAccess: boolean;
  /** The key `masterUp`. */
  readonly masterUp: boolean;
  /** Whether the key `ipv6` is an object. */
  readonly hasIpv6: boolean;
}

const NO_CONFIG: Config = {
  type: "",
  resolvConf: "",
  paths: undefined,
  sysctl: undefined,
  records: undefined,
  hostAccess: false,
  masterUp: false,
  hasIpv6: false,
};

/**
 * What one call of the plugin is about: what the runtime has said in the environment and on
 * standard input. The input is the very bytes that the core read, and counts once it has seen their
 * end.
 */
export class Invocation {
  readonly #system: System;
  readonly #variables = new Map<string, string>();
  /** The path by which the program was called. */
  readonly program: string;
  #chunks: Uint8Array[] = [];
  #input: Uint8Array | undefined;
  #config: Config | undefined;

  constructor(system: System) {
    this.#system = system;
    this.program = UTF8.decode(system.program_invocation_name());
  }

  /** A variable of the environment; the empty string where it is not set. */
  variable(name: string): string {
    let value = this.#variables.get(name);
    if (value === undefined) {
      value = UTF8.decode(this.#system.getenv(name));
      this.#variables.set(name, value);
    }
    return value;
  }

  /** Notes what came of a read of standard input: some bytes, or none at its end. */
  take(bytes: Uint8Array): void {
    if (this.#input !== undefined) return;
    this.#chunks.push(bytes.slice());
    if (bytes.length === 0) this.#input = concat(this.#chunks);
  }

  /** Standard input, whole; undefined before its end. */
  get input(): Uint8Array | undefined {
    return this.#input;
  }

  /** The IPAM plugin by the name that the configuration gives it. */
  get ipamType(): string {
    return this.#read().type;
  }

  /** The resolv.conf(5) that the configuration names. */
  get resolvConf(): string {
    return this.#read().resolvConf;
  }

  /** Undefined where no leases are kept: the plugin is not host-local and does not call it. */
  get leasePaths(): LeasePaths | undefined {
    return this.#read().paths;
  }

  /** Whether the configuration sets the sysctl of this name of the interface, below `tree`. */
  setsSysctl(tree: string, name: string): boolean {
    const key = `net.${tree.replaceAll("/", ".")}IFNAME.${name}`;
    return member(this.#read().sysctl, key) !== undefined;
  }

  /** Whether the host may get an interface of its own on the master, and routes through it. */
  get opensHost(): boolean {
    return this.variable("CNI_COMMAND") === "ADD" && this.#read().hostAccess;
  }

  /** Whether these may be taken away, which must work whatever the configuration says by now. */
  get closesHost(): boolean {
    return this.opensHost || ["DEL", "GC"].includes(this.variable("CNI_COMMAND"));
  }

  /** The directory of the network's records; undefined where they are none of its business. */
  get records(): string | undefined {
    return this.closesHost ? this.#read().records : undefined;
  }

  /** Whether the configuration has a master that is down set up. */
  get raisesMaster(): boolean {
    return this.#read().masterUp;
  }

  /** Whether the configuration rules IPv6 on the interface. */
  get hasIpv6(): boolean {
    return this.#read().hasIpv6;
  }

  #read(): Config {
    if (this.#config !== undefined || this.#input === undefined) return this.#config ?? NO_CONFIG;
    const isHostLocal = this.program.split("/").at(-1) === HOST_LOCAL;
    this.#config = readConfig(this.#input, isHostLocal);
    return this.#config;
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function readConfig(input: Uint8Array, isHostLocal: boolean): Config {
  const root = parse(input);
  const ipam = member(root, "ipam");
  const type = text(member(ipam, "type"));
  const name = networkOf(root);
  const config = {
    ...NO_CONFIG,
    type,
    sysctl: member(root, "sysctl"),
    records: name && `${RECORDS}/${name}`,
    hostAccess: member(root, "hostAccess") === true,
    masterUp: member(root, "masterUp") === true,
    hasIpv6: isObject(member(root, "ipv6")),
  };
  if (type !== HOST_LOCAL && !isHostLocal) return config;
  const resolvConf = text(member(ipam, "resolvConf"));
  const dataDir = text(member(ipam, "dataDir")) || DATA_DIR;
  return { ...config, resolvConf, paths: name === undefined ? name : pathsOf(dataDir, name) };
}

/** The core takes no network whose name is no name, or begins with a dot as the index does. */
function networkOf(root: unknown): string | undefined {
  const name = text(member(root, "name"));
  return isName(name) && !name.startsWith(".") ? name : undefined;
}

function pathsOf(dataDir: string, name: string): LeasePaths {
  const index = `${dataDir}/.index`;
  return { leases: `${dataDir}/${name}`, index: `${index}/${name}`, mark: `${index}/.${name}` };
}

function parse(input: Uint8Array): unknown {
  try {
    return JSON.parse(STRICT_UTF8.decode(input));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member that the core would take: any letter case, the exact one preferred, then the last. */
function member(value: unknown, key: string): unknown {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value[key];
  const similar = Object.keys(value).filter((name) => lower(name) === lower(key));
  const last = similar.at(-1);
  return last === undefined ? undefined : value[last];
}

/** Letters of ASCII alone, as the core does it: one outside of it becomes a k. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Half a surrogate pair becomes U+FFFD, as in the core. */
function text(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}
