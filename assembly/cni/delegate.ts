import { Fields, Problem } from "../json/fields";
import { JsonKind, parseJson } from "../json/value";
import { E2BIG } from "../linux/errno";
import { errnoText } from "../sys/errno";
import { OUTPUT_LIMIT, ProcessResult, spawn } from "../sys/process";
import { statPath } from "../sys/stat";
import { CmdArgs, missingVariables } from "./cmdargs";
import { CniError, INVALID_CONFIG, IPAM_BROKEN } from "./error";
import { Result } from "./result";
import { readResult } from "./result-read";

/** Another plugin on CNI_PATH, to which a part of the work is left (specification, section 4). */
export class Delegate {
  /** Where it was found; the empty string before `find` succeeded. */
  path: string = "";

  constructor(
    public type: string,
    private args: CmdArgs,
  ) {}

  /** Looks for it on CNI_PATH: the first regular file of its name. */
  find(): CniError | null {
    if (this.type.includes("/") || this.type == "." || this.type == "..") {
      return new CniError(INVALID_CONFIG, `invalid plugin name: "${this.type}"`);
    }
    if (this.args.path.length == 0) return missingVariables(["CNI_PATH"]);
    const directories = this.args.path.split(":");
    for (let i = 0; i < directories.length; i++) {
      const candidate = `${directories[i]}/${this.type}`;
      if (directories[i].length == 0 || !statPath(candidate).isRegular) continue;
      this.path = candidate;
      return null;
    }
    return new CniError(
      IPAM_BROKEN,
      `failed to find plugin "${this.type}" in path [${directories.join(" ")}]: ` +
        "install it there, or correct CNI_PATH",
    );
  }

  /** Runs it for ADD and reads its result into `result`. */
  add(version: string, result: Result): CniError | null {
    const process = spawn(this.path, "ADD", this.args.stdin);
    const error = this.failure("ADD", process);
    if (error) return error;
    const document = parseJson(process.output);
    const problem = new Problem();
    problem.message = document.problem;
    const root = document.root;
    if (root && root.kind != JsonKind.NULL) {
      result.take(readResult(new Fields(root, "", problem), version));
    }
    if (problem.isEmpty) return null;
    return this.broken("ADD", `printed no CNI result: ${problem.message}`, process);
  }

  /** Runs it for a command that prints nothing. */
  run(command: string): CniError | null {
    return this.failure(command, spawn(this.path, command, this.args.stdin));
  }

  private failure(command: string, process: ProcessResult): CniError | null {
    if (process.errno == E2BIG) {
      return this.broken(command, `printed more than ${OUTPUT_LIMIT.toString()} bytes`, process);
    }
    if (process.errno != 0) {
      return this.broken(command, `could not be run: ${errnoText(process.errno)}`, process);
    }
    if (process.signal != 0) {
      return this.broken(command, `was killed by signal ${process.signal.toString()}`, process);
    }
    if (process.exitStatus == 0) return null;
    const own = readError(process.output);
    if (own && own.msg.length == 0) {
      own.msg = `plugin "${this.type}" (${this.path}) ${command} failed without a message`;
    }
    if (own) return own;
    const status = process.exitStatus.toString();
    return this.broken(command, `ended with exit status ${status} and no CNI error`, process);
  }

  private broken(command: string, what: string, process: ProcessResult): CniError {
    const details: string[] = [];
    if (process.log.length > 0) details.push(`stderr: ${process.log}`);
    const start = min(process.output.length, 200);
    if (start > 0) {
      const output = String.UTF8.decodeUnsafe(process.output.dataStart, start);
      details.push(`stdout starts: ${output}`);
    }
    return new CniError(
      IPAM_BROKEN,
      `plugin "${this.type}" (${this.path}) ${command} ${what}`,
      details.join("\n"),
    );
  }
}

/** The CNI error that a plugin printed, to be passed on as it is; null if it printed none. */
function readError(output: Uint8Array): CniError | null {
  const document = parseJson(output);
  const root = document.root;
  if (!root || root.kind != JsonKind.OBJECT) return null;
  const problem = new Problem();
  const fields = new Fields(root, "", problem);
  const code = <i32>fields.integer("code", 0, i32.MAX_VALUE);
  const msg = fields.text("msg");
  if (!problem.isEmpty || (code == 0 && msg.length == 0)) return null;
  // Code 0 would read as no error at all.
  return new CniError(code == 0 ? IPAM_BROKEN : code, msg, fields.text("details"));
}
