import { Fields, Problem } from "../json/fields";
import { JsonValue, parseJson } from "../json/value";
import { CniError, DECODING_FAILURE, INVALID_CONFIG } from "./error";
import { Dns } from "./result";
import { readDns } from "./result-read";
import { validateNetworkName } from "./validate";
import { DEFAULT_VERSION } from "./version";

/** The network configuration on standard input: what every plugin reads of it. */
export class NetConf {
  cniVersion: string = DEFAULT_VERSION;
  name: string = "";
  /** The whole document; a plugin reads its own keys from here. */
  fields: Fields = new Fields(null, "", new Problem());

  /** The mistake found first by anyone who read from `fields`. */
  get error(): CniError | null {
    return problemError("network configuration: ", this.fields.problem);
  }

  get ipamType(): string {
    return this.fields.child("ipam").text("type");
  }

  get dns(): Dns {
    return readDns(this.fields.child("dns"));
  }

  get runtimeConfig(): Fields {
    return this.fields.child("runtimeConfig");
  }

  get prevResult(): JsonValue | null {
    const root = this.fields.value;
    return root ? root.get("prevResult") : null;
  }
}

/**
 * Decodes standard input into `conf` and checks what is common to all plugins: it is JSON, and the
 * network has a valid name.
 */
export function decodeNetConf(stdin: Uint8Array, conf: NetConf): CniError | null {
  const document = parseJson(stdin);
  if (document.problem.length > 0) {
    return new CniError(
      DECODING_FAILURE,
      `cannot decode the network configuration on stdin: ${document.problem}`,
    );
  }
  conf.fields = new Fields(document.root, "", new Problem());
  const version = conf.fields.text("cniVersion");
  if (version.length > 0) conf.cniVersion = version;
  conf.name = conf.fields.text("name");
  const error = conf.error;
  return error ? error : validateNetworkName(conf.name);
}

/**
 * A wrong JSON type is a document that cannot be decoded; anything else an invalid configuration.
 */
export function problemError(context: string, problem: Problem): CniError | null {
  if (problem.isEmpty) return null;
  const code = problem.isType ? DECODING_FAILURE : INVALID_CONFIG;
  return new CniError(code, context + problem.message);
}
