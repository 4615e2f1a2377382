import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { programDirectory } from "../../lab/paths.ts";
import type { CallOptions, Site } from "./site.ts";

/** An `ipam` for addresses written as `address` or `address gateway`, and routes. */
export function staticIpam(
  addresses: readonly string[],
  routes: readonly object[] = [],
  more: object = {},
): { ipam: object } {
  const list = addresses.map((text) => {
    const [address, gateway] = text.split(" ");
    return gateway === undefined ? { address } : { address, gateway };
  });
  return { ipam: { type: "static", addresses: list, routes, ...more } };
}

/** What an IPAM plugin prints for ADD: one address of each family, with gateways and a route. */
export const lease = {
  cniVersion: "1.1.0",
  ips: [
    { address: "10.1.0.2/24", gateway: "10.1.0.1" },
    { address: "fd00:1::2/64", gateway: "fd00:1::1" },
  ],
  routes: [{ dst: "10.9.0.0/16" }],
};

/** An IPAM plugin of our own making, a shell script that keeps what it is given. */
export class FakeIpam {
  readonly type: string;
  readonly directory: string;

  /**
   * @param body what it does after it has kept its environment and input; by default it prints
   *   `lease` for ADD and nothing for other commands
   */
  constructor(site: Site, body: readonly string[] = [printed(lease)], type = "fake") {
    this.type = type;
    this.directory = site.script(
      type,
      'kept="$(dirname "$0")"',
      'echo "$CNI_COMMAND" >> "$kept/calls"',
      'env > "$kept/env.$CNI_COMMAND"',
      'cat > "$kept/stdin.$CNI_COMMAND"',
      ...body,
    );
  }

  get keys(): { ipam: object } {
    return { ipam: { type: this.type } };
  }

  /** A CNI_PATH on which it is found, before our own executables. */
  get options(): CallOptions & { readonly path: string } {
    return { path: `${this.directory}:${programDirectory}` };
  }

  /** The commands that it was called with, in order. */
  get calls(): string[] {
    const file = join(this.directory, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** The bytes of its input in the last call of a command. */
  input(command: string): Buffer {
    return readFileSync(join(this.directory, `stdin.${command}`));
  }

  /** Its environment in the last call of a command. */
  environment(command: string): Record<string, string> {
    const text = readFileSync(join(this.directory, `env.${command}`), "utf8");
    return Object.fromEntries(
      text
        .trim()
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }
}

/** A shell line that prints a document for ADD. */
export function printed(document: object | string): string {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return `[ "$CNI_COMMAND" = ADD ] && printf '%s' '${text.replaceAll("'", "'\\''")}' || true`;
}

/** A shell line that does something for one command only. */
export function on(command: string, action: string): string {
  return `if [ "$CNI_COMMAND" = ${command} ]; then ${action}; fi`;
}
