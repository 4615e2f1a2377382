import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** Why this machine cannot give us network namespaces of our own, and what to do about it. */
export class LabUnavailable extends Error {
  override readonly name = "LabUnavailable";
}

/** A process that only holds the namespaces, and the nsenter(1) words that lead into them. */
export interface Holder {
  readonly process: ChildProcess;
  readonly enter: readonly string[];
  /** For files that both sides shall see; it goes when the holder does. */
  readonly directory: string;
}

// Runs inside the new namespaces. A tmpfs on /run makes `ip netns` independent of the machine's.
// It then waits for the end of its input, which comes however the parent ends, and takes its files
// with it and every process that still lives in its mount namespace: nothing can outlive the lab.
const script = `
  mount -t tmpfs tmpfs /run && mkdir /run/netns && ip link set lo up &&
    directory=$(mktemp -d "\${TMPDIR:-/tmp}/lab-XXXXXX") && echo "ready $directory" || exit 1
  exec >/dev/null 2>&1
  cat
  own=$(readlink /proc/self/ns/mnt | tr '[]' '??')
  find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/mnt' -lname "$own" |
    cut -d/ -f3 | grep -vx $$ | xargs -r kill -9
  rm -rf "$directory"
`;

// Bits of capabilities(7).
const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** Whether we may make namespaces and links as we are; root in a container often may not. */
export function isPrivileged(): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  const has = (bit: bigint) => ((BigInt(`0x${mask ?? 0}`) >> bit) & 1n) === 1n;
  return has(CAP_NET_ADMIN) && has(CAP_SYS_ADMIN);
}

/** Starts the holder: unshare(1) of network and mount, and if need be of user namespaces. */
export async function startHolder(userNamespace: boolean): Promise<Holder> {
  const user = userNamespace ? ["--user", "--map-root-user"] : [];
  const argv = [...user, "--net", "--mount", "--propagation", "private", "sh", "-c", script];
  const child = spawn("unshare", argv, { stdio: "pipe", env: toolEnvironment() });
  let output = "";
  const failure = once(child, "error").then(([error]) => missingTool("unshare", error));
  const ready = new Promise<string>((resolve) => {
    child.stdout.on("data", (text) => {
      output += text;
      if (output.endsWith("\n")) resolve("");
    });
    child.stderr.on("data", (text) => {
      output += text;
    });
    child.on("close", () => resolve(forbidden(output.trim(), userNamespace)));
  });
  const problem = await Promise.race([ready, failure]);
  if (problem) throw new LabUnavailable(problem);
  // An idle lab must not keep the program alive: its end closes the input, and the holder follows.
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  const target = ["--target", String(child.pid), "--net", "--mount"];
  const credentials = userNamespace ? ["--user", "--preserve-credentials"] : [];
  const directory = output.trim().replace(/^ready /, "");
  return { process: child, enter: ["nsenter", ...target, ...credentials, "--"], directory };
}

/** The caller's environment in the C locale, with the directories of the administrator's tools. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;
  return { ...process.env, PATH: path, LC_ALL: "C" };
}

const packages: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  nsenter: "util-linux",
  ip: "iproute2",
  ping: "iputils-ping",
  tcpdump: "tcpdump",
  "qemu-aarch64": "qemu-user",
  cc: "gcc",
  strace: "strace",
};

/** What to say where a tool is not there: its name and the Debian package that has it. */
export function missingTool(
  tool: string,
  error: { code?: string | undefined; message?: string },
): string {
  if (error.code !== "ENOENT") return `cannot run ${tool}: ${error.message}`;
  const name = packages[tool];
  return `${tool} is missing${name ? `; on Debian and Ubuntu: apt-get install ${name}` : ""}`;
}

const switches: ReadonlyArray<readonly [string, (value: number) => boolean, string]> = [
  ["kernel.unprivileged_userns_clone", (value) => value === 0, "sysctl -w $=1"],
  ["user.max_user_namespaces", (value) => value === 0, "sysctl -w $=10000"],
  ["kernel.apparmor_restrict_unprivileged_userns", (value) => value === 1, "sysctl -w $=0"],
];

function forbidden(output: string, userNamespace: boolean): string {
  const lines = [`cannot make network namespaces of our own: ${output || "no reason given"}`];
  if (/ip: (command )?not found/.test(output)) lines.push(missingTool("ip", { code: "ENOENT" }));
  for (const [name, forbids, remedy] of switches) {
    const value = readSysctl(name);
    if (userNamespace && value !== undefined && forbids(value))
      lines.push(`${name} = ${value} forbids it; as root: ${remedy.replace("$", name)}`);
  }
  if (userNamespace && lines.length === 1)
    lines.push("no known sysctl forbids user namespaces; a container's seccomp profile may");
  if (userNamespace)
    lines.push("or run it with CAP_SYS_ADMIN and CAP_NET_ADMIN: as root, outside of a container");
  return lines.join("\n");
}

function readSysctl(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8"));
  } catch {
    return undefined;
  }
}
