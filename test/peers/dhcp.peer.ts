import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CniOutput } from "../../lab/cni.ts";
import { Lab } from "../../lab/lab.ts";
import type { Netns, Running } from "../../lab/netns.ts";
import { macvlanProgram } from "../../lab/paths.ts";
import { difference } from "../../lab/snapshot.ts";
import { referenceDirectory, requirePrograms } from "./requirements.ts";

// Addresses by the reference's dhcp plugin: its daemon asks a server through the pod's interface.

const dhcp = `${referenceDirectory}/dhcp` as const;
const canRun = requirePrograms([dhcp, "busybox", "dnsmasq", "ip"]);

/** The address of the server, which is the gateway as well. */
const SERVER = "10.7.0.1";
/** The only one of the pool: the next container gets it only if the one before gave it back. */
const ADDRESS = "10.7.0.50";

let lab: Lab;
let pod: Netns;
let daemon: Running;
let socket: string;

beforeEach(async () => {
  if (!canRun) return;
  lab = await Lab.open();
  lab.addMaster("m0");
  pod = lab.addNetns("pod");
  socket = join(lab.directory, "dhcp.sock");
  const words = ["-socketpath", socket, "-resendmax", "500ms", "-timeout", "3s"];
  daemon = lab.start([dhcp, "daemon", ...words]);
  await until(() => lab.exec(["test", "-S", socket]).status === 0);
});
afterEach(async () => {
  await daemon?.stop();
  await lab?.close();
});

function cni(command: string, containerId: string, keys: object): CniOutput {
  const ipam = { type: "dhcp", daemonSocketPath: socket };
  const config = { cniVersion: "1.0.0", name: "n", type: "macvlan", master: "m0", ipam, ...keys };
  const call = { command, path: referenceDirectory, config, containerId, ifname: "mv0" };
  return lab.cni({ ...call, program: macvlanProgram, netns: pod.path });
}

/** Two containers, one after the other, get the address, and reach the server with it. */
function comeAndGo(keys: object): void {
  for (const id of ["c1", "c2"]) {
    const added = cni("ADD", id, keys);
    expect(added, added.stdout + added.stderr).toMatchObject({
      status: 0,
      json: { ips: [{ address: `${ADDRESS}/24`, gateway: SERVER, interface: 0 }] },
    });
    expect(pod.exec(["ping", "-c", "1", "-W", "5", SERVER]).stdout).toContain("1 received");
    const deleted = cni("DEL", id, keys);
    expect(deleted, deleted.stdout).toMatchObject({ status: 0, stdout: "" });
  }
}

test("of a server on the LAN", async () => {
  const segment = lab.addNetns("segment");
  lab.ip("link", "set", "m0p", "netns", "segment", "name", "s0");
  segment.ip("link", "set", "s0", "up");
  segment.ip("addr", "add", `${SERVER}/24`, "dev", "s0");
  const server = startUdhcpd(segment);
  comeAndGo({});
  await server.stop();
});

describe("of a server on the node, by hostAccess", () => {
  beforeEach(() => {
    lab.ip("addr", "add", `${SERVER}/24`, "dev", "m0");
  });

  test("the pod hears and is heard", async () => {
    const before = lab.snapshot();
    const server = startDnsmasq();
    comeAndGo({ hostAccess: true });
    await server.stop();
    expect(difference(before, lab.snapshot())).toEqual([]);
  });

  test("without it nobody answers", async () => {
    const server = startDnsmasq();
    const added = cni("ADD", "c1", {});
    expect(added.status, added.stdout).toBe(1);
    await server.stop();
  });
});

/** udhcpd(8). */
function startUdhcpd(netns: Netns): Running {
  const directory = lab.directory;
  const configuration = `start ${ADDRESS}
end ${ADDRESS}
interface s0
lease_file ${directory}/udhcpd.leases
pidfile ${directory}/udhcpd.pid
option subnet 255.255.255.0
option router ${SERVER}
option lease 600
`;
  netns.run(["tee", `${directory}/udhcpd.conf`], { input: configuration });
  netns.run(["touch", `${directory}/udhcpd.leases`]);
  return netns.start(["busybox", "udhcpd", "-f", `${directory}/udhcpd.conf`]);
}

/** dnsmasq(8), which takes what arrives on the host's own macvlan for what arrives on m0. */
function startDnsmasq(): Running {
  return lab.start([
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--user=root",
    "--pid-file",
    "--port=0",
    "--no-ping",
    "--interface=m0",
    "--bridge-interface=m0,mvhost*",
    `--dhcp-range=${ADDRESS},${ADDRESS},600`,
    `--dhcp-option=option:router,${SERVER}`,
    `--dhcp-leasefile=${lab.directory}/dnsmasq.leases`,
  ]);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 100) throw new Error("it did not come true within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
