import { CmdArgs } from "./cmdargs";
import { CniError } from "./error";
import { NetConf } from "./netconf";
import { Result } from "./result";
import { UndoStack } from "./undo";

/** A CNI plugin: what `skel` calls once it knows which command to run. */
export abstract class Plugin {
  /** What a failing or unprintable ADD has to take back. */
  readonly undo: UndoStack = new UndoStack();

  /** @param name the name it is called by. */
  constructor(public name: string) {}

  /** Fills `result`, which holds nothing yet. */
  abstract add(args: CmdArgs, conf: NetConf, result: Result): CniError | null;
  abstract del(args: CmdArgs, conf: NetConf): CniError | null;
  abstract check(args: CmdArgs, conf: NetConf): CniError | null;
  abstract gc(args: CmdArgs, conf: NetConf): CniError | null;
  abstract status(args: CmdArgs, conf: NetConf): CniError | null;

  /** One of the commands that print nothing: DEL, CHECK, GC or STATUS. */
  run(command: string, args: CmdArgs, conf: NetConf): CniError | null {
    if (command == "DEL") return this.del(args, conf);
    if (command == "CHECK") return this.check(args, conf);
    if (command == "GC") return this.gc(args, conf);
    return this.status(args, conf);
  }

  /** Gives back what the plugin holds open; called last, whatever happened. */
  close(): void {}
}
