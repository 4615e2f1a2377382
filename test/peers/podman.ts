import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";

/** podman with everything of its own: storage, state, configuration, CNI plugins and networks. */
export class Podman {
  readonly image = "localhost/busybox:1";
  readonly #lab: Lab;
  readonly #environment: Record<string, string>;
  readonly #words: readonly string[];
  /** A parent of our own in each hierarchy: what is below it is ours to remove. */
  readonly #cgroup = `/lab-${process.pid}`;

  /**
   * @param lab gets a tmpfs over the directories that podman always uses, so that it touches none
   *   of the machine's
   * @param plugins the directory of the CNI plugins
   * @param networks file names and contents of the network configurations
   */
  constructor(lab: Lab, plugins: string, networks: Readonly<Record<string, object>>) {
    this.#lab = lab;
    for (const directory of ["/var/lib", "/dev/shm"]) {
      lab.run(["mount", "-t", "tmpfs", "tmpfs", directory]);
    }
    const home = lab.directory;
    const configuration = join(home, "containers.conf");
    mkdirSync(join(home, "net.d"));
    mkdirSync(join(home, "tmp"));
    for (const [name, network] of Object.entries(networks)) {
      writeFileSync(join(home, "net.d", name), JSON.stringify(network));
    }
    writeFileSync(
      configuration,
      `[network]
network_backend = "cni"
network_config_dir = "${home}/net.d"
cni_plugin_dirs = ["${plugins}"]
[engine]
events_logger = "none"
`,
    );
    this.#environment = {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      CONTAINERS_CONF: configuration,
      HOME: home,
      TMPDIR: join(home, "tmp"),
    };
    this.#words = [
      ...["podman", "--root", `${home}/root`, "--runroot", `${home}/runroot`],
      ...["--tmpdir", `${home}/tmp`, "--runtime", "runc"],
      ...["--cgroup-manager", "cgroupfs", "--storage-driver", "vfs"],
    ];
  }

  /** Runs podman, which must succeed; returns what it printed, without the line's end. */
  run(...words: readonly string[]): string {
    return this.#lab.run([...this.#words, ...words], { env: this.#environment }).trim();
  }

  /** Makes the image out of one static busybox. */
  importImage(busybox: string, applets: readonly string[]): void {
    const rootfs = join(this.#lab.directory, "rootfs");
    mkdirSync(join(rootfs, "bin"), { recursive: true });
    this.#lab.run(["cp", busybox, `${rootfs}/bin/busybox`]);
    for (const applet of applets) this.#lab.run(["ln", "-s", "busybox", `${rootfs}/bin/${applet}`]);
    this.#lab.run(["tar", "-C", rootfs, "-cf", `${rootfs}.tar`, "."]);
    this.run("import", `${rootfs}.tar`, this.image);
  }

  /** Starts a container that sleeps. */
  start(name: string, ...options: readonly string[]): void {
    // Limits that an unprivileged environment may still set.
    const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"];
    const common = ["-d", "--name", name, "--cgroup-parent", this.#cgroup, ...limits];
    this.run("run", ...common, ...options, this.image, "sleep", "1000");
  }

  inspect(name: string, format: string): string {
    return this.run("inspect", "-f", `{{${format}}}`, name);
  }

  /** Removes the containers, whatever state they are in, and their control groups. */
  removeAll(): void {
    this.run("rm", "--all", "--force", "--time", "0");
    // conmon(8), which watched a container, ends a little later than it.
    const find = `find /sys/fs/cgroup -depth -type d -path '*${this.#cgroup}*'`;
    const remove = `${find} -exec rmdir {} + 2>/dev/null`;
    const script = `for i in $(seq 50); do ${remove} && exit; sleep 0.1; done; exit 1`;
    this.#lab.run(["sh", "-c", script]);
  }
}
