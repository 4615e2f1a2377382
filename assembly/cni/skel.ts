import { JsonWriter } from "../json/writer";
import { EFBIG } from "../linux/errno";
import { errnoText } from "../sys/errno";
import { log, readAll, STDERR, STDIN, STDOUT, writeText } from "../sys/io";
import { isOwnNetns } from "../sys/netns";
import { CmdArgs } from "./cmdargs";
import {
  CniError,
  DECODING_FAILURE,
  INVALID_ENVIRONMENT,
  INVALID_NETNS,
  IO_FAILURE,
  systemError,
} from "./error";
import { decodeNetConf, NetConf } from "./netconf";
import { Plugin } from "./plugin";
import { Result } from "./result";
import { formatResult } from "./result-write";
import {
  isSupported,
  LATEST,
  PLUGIN_VERSION,
  requireCommand,
  requireSupported,
  SUPPORTED,
} from "./version";

/**
 * The most that standard input may hold, in bytes: a GC that lists a hundred thousand attachments.
 */
const STDIN_LIMIT: i32 = 16 * 1024 * 1024;

/**
 * Runs `plugin` as a runtime asks in the environment and on standard input. The one place that
 * prints, and it prints one JSON document at most.
 *
 * @returns the exit status: 0, or 1 after an error was printed.
 */
export function runCommand(plugin: Plugin): i32 {
  const args = new CmdArgs();
  const conf = new NetConf();
  let error = args.validate();
  if (error && args.command.length == 0) {
    printAbout(plugin.name);
    return 0;
  }
  if (!error) error = args.command == "VERSION" ? printVersions() : dispatch(plugin, args, conf);
  plugin.close();
  return error ? printError(error, conf) : 0;
}

/** Takes back what an ADD has begun that trapped: what one that fails does by itself. */
export function rescueCommand(plugin: Plugin): void {
  takeBack(plugin);
  plugin.close();
}

function dispatch(plugin: Plugin, args: CmdArgs, conf: NetConf): CniError | null {
  let error = readStdin(args);
  if (!error) error = decodeNetConf(args.stdin, conf);
  if (!error) error = requireVersion(args.command, conf.cniVersion);
  if (error) return error;
  if (args.command == "ADD" || args.command == "DEL") error = requireOtherNetns(args);
  if (error) return error;
  if (args.command == "ADD") return add(plugin, args, conf);
  return plugin.run(args.command, args, conf);
}

function readStdin(args: CmdArgs): CniError | null {
  const input = readAll(STDIN, STDIN_LIMIT);
  args.stdin = input.bytes;
  if (input.errno == 0) return null;
  if (input.errno != EFBIG) {
    return systemError(IO_FAILURE, "error reading from stdin", input.errno);
  }
  return new CniError(
    DECODING_FAILURE,
    `the network configuration on stdin is larger than ${STDIN_LIMIT.toString()} bytes`,
  );
}

/** Each command came with a version of the specification; before that, it is unknown. */
function requireVersion(command: string, version: string): CniError | null {
  if (command == "ADD" || command == "DEL") return requireSupported(version);
  if (command == "CHECK") return requireCommand(version, command, "0.4.0");
  if (command == "GC" || command == "STATUS") return requireCommand(version, command, "1.1.0");
  return new CniError(INVALID_ENVIRONMENT, `unknown CNI_COMMAND: ${command}`);
}

function add(plugin: Plugin, args: CmdArgs, conf: NetConf): CniError | null {
  const result = new Result();
  let error = plugin.add(args, conf, result);
  if (!error) error = print(formatResult(result, conf.cniVersion));
  if (error) takeBack(plugin);
  return error;
}

function takeBack(plugin: Plugin): void {
  const left = plugin.undo.run();
  for (let i = 0; i < left.length; i++) log(`undoing the failed ADD: ${left[i].msg}`);
}

/** A CNI_NETNS that is the host's would turn the host's own network inside out. */
function requireOtherNetns(args: CmdArgs): CniError | null {
  if (args.netns.length == 0 || args.isNetnsOverridden || !isOwnNetns(args.netns)) return null;
  return new CniError(
    INVALID_NETNS,
    "plugin's netns and netns from CNI_NETNS should not be the same",
    args.netns,
  );
}

function print(text: string): CniError | null {
  const errno = writeText(STDOUT, text);
  return errno < 0 ? systemError(IO_FAILURE, "error writing to stdout", errno) : null;
}

function printAbout(name: string): void {
  writeText(
    STDERR,
    `CNI ${name} plugin ${PLUGIN_VERSION}\n` +
      `CNI protocol versions supported: ${SUPPORTED.join(", ")}\n`,
  );
}

/** Standard input is not read: a runtime that only wants to know need not send anything. */
function printVersions(): CniError | null {
  const json = new JsonWriter(false);
  json.openObject();
  json.key("cniVersion");
  json.text(LATEST);
  json.key("supportedVersions");
  json.openArray();
  for (let i = 0; i < SUPPORTED.length; i++) json.text(SUPPORTED[i]);
  json.closeArray();
  json.closeObject();
  return print(json.toString() + "\n");
}

function printError(error: CniError, conf: NetConf): i32 {
  const json = new JsonWriter(true);
  json.openObject();
  json.key("cniVersion");
  json.text(isSupported(conf.cniVersion) ? conf.cniVersion : LATEST);
  json.key("code");
  json.integer(error.code);
  json.key("msg");
  json.text(error.msg);
  if (error.details.length > 0) {
    json.key("details");
    json.text(error.details);
  }
  json.closeObject();
  const errno = writeText(STDOUT, json.toString() + "\n");
  if (errno < 0) log(`cannot print the error "${error.msg}": ${errnoText(errno)}`);
  return 1;
}
