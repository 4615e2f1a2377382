import { spawn, spawnSync } from "node:child_process";
import { missingTool, toolEnvironment } from "./holder.ts";
import type { IpAddress } from "./iproute2.ts";

export interface ExecOptions {
  /** What the program reads on its standard input; nothing by default. */
  readonly input?: string | Uint8Array;
  /** Its whole environment; by default ours, in the C locale. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its working directory; by default `/`. */
  readonly cwd?: string;
}

export interface Output {
  /** The exit status; null where a signal ended the program. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end, in milliseconds, nsenter(1) included. */
  readonly milliseconds: number;
}

/** A program that runs beside us. */
export interface Running {
  readonly pid: number;
  readonly done: Promise<Output>;
  stop(signal?: NodeJS.Signals): Promise<Output>;
}

const outputLimit = 256 * 2 ** 20;

/** A network namespace of the lab, as a place to run programs in. */
export class Netns {
  /**
   * @param name as `ip netns` knows it; "" for the lab's own, the "host" of the pods
   * @param path of the namespace file, as it goes into CNI_NETNS
   * @param enter the words before a command that make it run here
   */
  constructor(
    readonly name: string,
    readonly path: string,
    protected readonly enter: readonly string[],
  ) {}

  /** Runs a program to its end, whatever that is. */
  exec(argv: readonly string[], options: ExecOptions = {}): Output {
    const [program, ...words] = this.#command(argv, options);
    const start = performance.now();
    const done = spawnSync(program, words, {
      env: options.env ?? toolEnvironment(),
      input: options.input ?? "",
      maxBuffer: outputLimit,
    });
    const milliseconds = performance.now() - start;
    // A program that ends without reading its input leaves EPIPE behind: no failure of ours.
    const error = done.error as NodeJS.ErrnoException | undefined;
    if (error && error.code !== "EPIPE") throw new Error(missingTool(program, error));
    const { status, signal } = done;
    const stderr = `${done.stderr}`;
    if (stderr.startsWith("nsenter: failed to execute")) {
      const code = status === 127 ? "ENOENT" : undefined;
      throw new Error(missingTool(argv[0] ?? "", { code, message: stderr.trim() }));
    }
    return { status, signal, stdout: `${done.stdout}`, stderr, milliseconds };
  }

  /** Runs a program that must succeed; returns its output. */
  run(argv: readonly string[], options: ExecOptions = {}): string {
    const { status, signal, stdout, stderr } = this.exec(argv, options);
    if (status === 0) return stdout;
    const where = this.name === "" ? "the lab" : this.name;
    const reason = (stderr || stdout).trim();
    throw new Error(
      `${argv.join(" ")} in ${where}: ${signal ?? `exit status ${status}`}: ${reason}`,
    );
  }

  /** Starts a program that runs beside us, at most until the lab closes. */
  start(argv: readonly string[], options: ExecOptions = {}): Running {
    const [program, ...words] = this.#command(argv, options);
    const begin = performance.now();
    const child = spawn(program, words, { env: options.env ?? toolEnvironment(), stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.stdin.on("error", () => {}).end(options.input ?? "");
    const done = new Promise<Output>((resolve, reject) => {
      child.on("error", (error) => reject(new Error(missingTool(program, error))));
      child.on("close", (status, signal) =>
        resolve({ status, signal, stdout, stderr, milliseconds: performance.now() - begin }),
      );
    });
    const stop = (signal: NodeJS.Signals = "SIGTERM") => {
      child.kill(signal);
      return done;
    };
    return { pid: child.pid ?? -1, done, stop };
  }

  /** ip(8), which must succeed. */
  ip(...words: string[]): string {
    return this.run(["ip", ...words]);
  }

  /** `ip -j -d`: what it lists, typed by the caller (see iproute2.ts). */
  ipJson<T>(...words: string[]): T[] {
    const text = this.ip("-j", "-d", ...words).trim();
    const list = text === "" ? [] : (JSON.parse(text) as T[]);
    // Where `ip` filters its list, older versions print {} for each object left out.
    return list.filter((item) => Object.keys(item as object).length > 0);
  }

  /** The value of a sysctl, such as `net/ipv4/conf/eth0/arp_notify`. */
  sysctl(name: string): string {
    return this.run(["cat", `/proc/sys/${name}`]).trim();
  }

  setSysctl(name: string, value: string | number): void {
    this.run(["tee", `/proc/sys/${name}`], { input: String(value) });
  }

  /** Waits until a link that is up has a carrier and a link-local IPv6 address; at most 5 s. */
  waitUp(link: string): void {
    const deadline = performance.now() + 5000;
    while (!this.#isUp(link)) {
      if (performance.now() > deadline) throw new Error(`${link} has no carrier after 5 s`);
      sleep(5);
    }
  }

  #isUp(link: string): boolean {
    const [{ operstate, addr_info } = { operstate: "", addr_info: [] }] = this.ipJson<IpAddress>(
      ...["addr", "show", "dev", link],
    );
    return operstate === "UP" && addr_info.some(({ scope }) => scope === "link");
  }

  #command(argv: readonly string[], { cwd }: ExecOptions): [string, ...string[]] {
    // setns(2) into a mount namespace moves the working directory to its root.
    const change = cwd === undefined ? [] : ["sh", "-c", 'cd "$0" && exec "$@"', cwd];
    return [...this.enter, ...change, ...argv] as [string, ...string[]];
  }
}

/** Blocks this thread, as all of `exec` does. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
