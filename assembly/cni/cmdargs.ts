import { getenv } from "../sys/env";
import { CniError, INVALID_ENVIRONMENT } from "./error";
import { validateContainerId, validateInterfaceName } from "./validate";

// Commands as bits, so that the table below can say which of them need a variable.
const ADD: i32 = 1;
const DEL: i32 = 2;
const CHECK: i32 = 4;
const ANY: i32 = -1;

/** One row of the specification's "Parameters" table. */
class Requirement {
  constructor(
    public name: string,
    public value: string,
    public commands: i32,
    public validate: ((value: string) => CniError | null) | null,
  ) {}
}

/** What a runtime says in the environment (specification, section "Parameters"). */
export class CmdArgs {
  command: string = getenv("CNI_COMMAND");
  containerId: string = getenv("CNI_CONTAINERID");
  netns: string = getenv("CNI_NETNS");
  ifname: string = getenv("CNI_IFNAME");
  args: string = getenv("CNI_ARGS");
  path: string = getenv("CNI_PATH");
  /** The whole of standard input; delegates get the same bytes. */
  stdin: Uint8Array = new Uint8Array(0);

  /** A runtime may say that the container shares the runtime's own network namespace on purpose. */
  get isNetnsOverridden(): bool {
    const value = getenv("CNI_NETNS_OVERRIDE").toLowerCase();
    return value == "1" || value == "true";
  }

  /** All that is missing for the command, at once; a value that is there and wrong goes first. */
  validate(): CniError | null {
    const table: Requirement[] = [
      new Requirement("CNI_COMMAND", this.command, ANY, null),
      new Requirement("CNI_CONTAINERID", this.containerId, ADD | DEL | CHECK, validateContainerId),
      new Requirement("CNI_NETNS", this.netns, ADD | CHECK, null),
      new Requirement("CNI_IFNAME", this.ifname, ADD | DEL | CHECK, validateInterfaceName),
    ];
    const missing: string[] = [];
    const command = commandBit(this.command);
    for (let i = 0; i < table.length; i++) {
      const row = table[i];
      if ((row.commands & command) == 0 && row.commands != ANY) continue;
      if (row.value.length == 0) {
        missing.push(row.name);
        continue;
      }
      const validate = row.validate;
      const error = validate ? validate(row.value) : null;
      if (error) return error;
    }
    return missing.length > 0 ? missingVariables(missing) : null;
  }
}

export function missingVariables(names: string[]): CniError {
  return new CniError(INVALID_ENVIRONMENT, `required env variables [${names.join(",")}] missing`);
}

function commandBit(command: string): i32 {
  if (command == "ADD") return ADD;
  if (command == "DEL") return DEL;
  if (command == "CHECK") return CHECK;
  return 0;
}
