import { afterAll, afterEach, describe, expect, test } from "vitest";
import { errorSchema } from "../../../host/schema/index.ts";
import type { CniOutput } from "../../../lab/cni.ts";
import { Lab } from "../../../lab/lab.ts";
import { programDirectory } from "../../../lab/paths.ts";
import { openLab } from "../../prerequisites.ts";

// A disk that is full or read-only: a tmpfs(5) of the lab's own, and the executable itself.

const DATA_DIR = "/run/leases";
const LEASES = `${DATA_DIR}/net1`;
const OWN = "c1\r\neth0";

let lab: Lab;
const isOpen = openLab(async () => {
  lab = await Lab.open();
});
afterEach(() => {
  if (isOpen()) lab.exec(["umount", DATA_DIR]);
});
afterAll(() => lab?.close());

/** Makes the data directory a disk of its own. */
function mount(...options: string[]): void {
  lab.run(["mkdir", "-p", DATA_DIR]);
  lab.run(["mount", "-t", "tmpfs", "-o", ["mode=755", ...options].join(","), "none", DATA_DIR]);
}

function remount(option: string): void {
  lab.run(["mount", "-o", `remount,${option}`, DATA_DIR]);
}

function words(command: string, containerId: string) {
  return {
    program: `${programDirectory}/host-local`,
    command,
    containerId,
    ifname: "eth0",
    netns: "/run/netns/none",
    config: {
      cniVersion: "1.1.0",
      name: "net1",
      type: "macvlan",
      ipam: { type: "host-local", dataDir: DATA_DIR, subnet: "10.0.0.0/24" },
      "cni.dev/valid-attachments": [],
    },
  };
}

function call(command: string, containerId = "c1"): CniOutput {
  return lab.cni(words(command, containerId));
}

function succeed(command: string, containerId?: string): void {
  expect(call(command, containerId)).toMatchObject({ status: 0, stderr: "" });
}

function refuse(command: string, code: number, errno: string, containerId?: string): void {
  const { status, json } = call(command, containerId);
  const error = errorSchema.parse(json);
  expect({ status, code: error.code }).toEqual({ status: 1, code });
  expect(error.msg).toContain(errno);
  expect(error.msg).toContain(LEASES);
}

/** The leases: address and content. */
function leases(): Record<string, string> {
  const names = lab
    .run(["ls", "-A", LEASES])
    .split("\n")
    .filter((name) => name !== "");
  const ips = names.filter((name) => name !== "lock" && !name.startsWith("last_reserved_ip."));
  return Object.fromEntries(ips.map((ip) => [ip, lab.run(["cat", `${LEASES}/${ip}`])]));
}

describe("on a read-only disk", () => {
  test("nothing is lost, CHECK works, and all else says what is wrong", () => {
    mount();
    succeed("ADD");
    remount("ro");
    refuse("ADD", 5, "EROFS", "c2");
    refuse("DEL", 5, "EROFS");
    refuse("GC", 5, "EROFS");
    refuse("STATUS", 50, "EROFS");
    succeed("CHECK");
    expect(leases()).toEqual({ "10.0.0.2": OWN });
    remount("rw");
    succeed("STATUS");
    succeed("DEL");
    expect(leases()).toEqual({});
  });

  test("that is empty, ADD says so, and there is nothing to delete", () => {
    mount("ro");
    refuse("ADD", 5, "EROFS");
    refuse("STATUS", 50, "EROFS");
    succeed("DEL");
    succeed("GC");
  });
});

describe("on a full disk", () => {
  /** Uses up the last byte, or the last inode. */
  const fills = {
    bytes: () => lab.exec(["dd", "if=/dev/zero", `of=${DATA_DIR}/fill`, "bs=4096"]),
    inodes: () => lab.exec(["sh", "-c", `i=0; while : >${DATA_DIR}/fill$i; do i=$((i+1)); done`]),
  };

  test.each(["bytes", "inodes"] as const)("without %s nothing is lost or left", (what) => {
    mount("size=256k", "nr_inodes=64");
    succeed("ADD");
    expect(fills[what]().stderr).toMatch(/No space left|cannot create/);
    refuse("ADD", 5, "ENOSPC", "c2");
    refuse("STATUS", 50, "ENOSPC");
    succeed("CHECK");
    expect(leases()).toEqual({ "10.0.0.2": OWN });
    succeed("DEL");
    expect(leases()).toEqual({});
    lab.run(["sh", "-c", `rm ${DATA_DIR}/fill*`]);
    succeed("STATUS");
    succeed("ADD", "c2");
    expect(Object.keys(leases())).toEqual(["10.0.0.3"]);
  });

  test.each(["bytes", "inodes"] as const)("without %s GC makes room", (what) => {
    mount("size=256k", "nr_inodes=64");
    for (const id of ["c1", "c2", "c3"]) succeed("ADD", id);
    fills[what]();
    succeed("GC");
    expect(leases()).toEqual({});
    succeed("ADD", "c4");
  });
});

test("a named pipe under an address's name holds nobody up", async () => {
  mount();
  succeed("ADD");
  lab.run(["mkfifo", `${LEASES}/10.0.0.9`]);
  for (const [command, id] of [
    ["DEL", "c1"],
    ["ADD", "c2"],
    ["GC", ""],
  ] as const) {
    const started = performance.now();
    const { program, config, ...variables } = words(command, id);
    const env = Object.entries({
      CNI_COMMAND: variables.command,
      CNI_CONTAINERID: variables.containerId,
      CNI_IFNAME: variables.ifname,
      CNI_NETNS: variables.netns,
    }).map(([name, value]) => `${name}=${value}`);
    const argv = ["timeout", "-s", "KILL", "10", "env", ...env, program];
    const { status } = lab.exec(argv, { input: JSON.stringify(config) });
    expect({ command, status }).toEqual({ command, status: 0 });
    expect(performance.now() - started).toBeLessThan(10_000);
  }
});
