import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CniOutput } from "../../lab/cni.ts";
import type { IpAddress, IpRoute } from "../../lab/iproute2.ts";
import { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../lab/netns.ts";
import { macvlanProgram, programDirectory } from "../../lab/paths.ts";
import { difference } from "../../lab/snapshot.ts";
import { referenceDirectory, requirePrograms } from "./requirements.ts";
import { installScript, scriptDirectory } from "../play/script.ts";

const referencePlugin = (name: "host-local" | "static") => `${referenceDirectory}/${name}` as const;
const canRun = requirePrograms([referencePlugin("host-local"), referencePlugin("static"), "ip"]);

const dualStack = {
  type: "static",
  addresses: [
    { address: "10.1.2.3/24", gateway: "10.1.2.1" },
    { address: "fd00:1::3/64", gateway: "fd00:1::1" },
  ],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "fd00:2::/48", gw: "fd00:1::2" }],
  dns: { nameservers: ["10.1.2.1"], search: ["example.org"] },
};

describe("IPAM plugins of both sides", () => {
  let lab: Lab;
  let pod: Netns;

  beforeAll(async () => {
    if (!canRun) return;
    lab = await Lab.open();
    lab.addMaster("m0");
    pod = lab.addNetns("pod");
    pod.setSysctl("net/ipv6/conf/default/accept_dad", 0);
  });

  afterAll(() => lab?.close());

  /** Calls a main plugin; its IPAM plugin is the first of that name on the path. */
  function cni(command: string, program: string, path: string, conf: object, id = "c1"): CniOutput {
    const config = { cniVersion: "1.0.0", name: "n", type: "test", ...conf };
    const call = {
      command,
      program,
      path,
      config,
      containerId: id,
      netns: pod.path,
      ifname: "mv0",
    };
    return lab.cni(call);
  }

  /** ADD, what it gave the pod, DEL, which must leave nothing. */
  function attach(program: string, path: string, conf: object) {
    const before = lab.snapshot().pod ?? [];
    const added = cni("ADD", program, path, conf);
    expect(added.stdout + added.stderr).toContain("ips");
    const { interfaces: _, ...result } = added.json as Record<string, unknown>;
    const addresses = pod
      .ipJson<IpAddress>("addr", "show", "mv0")
      .flatMap(({ addr_info }) => addr_info)
      .filter(({ scope }) => scope === "global")
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    const routes = [...pod.ipJson<IpRoute>("route"), ...pod.ipJson<IpRoute>("-6", "route")]
      .filter(({ gateway }) => gateway !== undefined)
      .map(({ dst, gateway }) => `${dst} via ${gateway}`);
    expect(cni("DEL", program, path, conf)).toMatchObject({ status: 0, stdout: "" });
    // A bridge, or forwarding in the lab, may stay for the next container: only the pod counts.
    expect(difference({ pod: before }, { pod: lab.snapshot().pod ?? [] })).toEqual([]);
    return { result, addresses, routes };
  }

  test("the reference's static, executed, gives what ours gives in-process", () => {
    const conf = { master: "m0", ipam: dualStack };
    const executed = attach(macvlanProgram, referenceDirectory, conf);
    expect(attach(macvlanProgram, programDirectory, conf)).toEqual(executed);
    expect(executed.addresses).toEqual(["10.1.2.3/24", "fd00:1::3/64"]);
    expect(executed.routes).toEqual(["default via 10.1.2.1", "fd00:2::/48 via fd00:1::2"]);
  });

  test.for([
    ["macvlan", { master: "m0" }],
    ["bridge", { bridge: "br0" }],
    ["ptp", {}],
  ] as const)(
    "our static under the reference's %s gives what the reference's gives",
    ([type, main]) => {
      const program = join(referenceDirectory, type);
      const conf = { ...main, type, ipam: dualStack };
      const expected = attach(program, referenceDirectory, conf);
      expect(attach(program, `${programDirectory}:${referenceDirectory}`, conf)).toEqual(expected);
      expect(expected.addresses).toEqual(["10.1.2.3/24", "fd00:1::3/64"]);
    },
  );

  test("an IPAM plugin named dhcp finds a live link on ADD and on DEL", () => {
    const seen = join(lab.directory, "seen");
    installScript(
      lab,
      "dhcp",
      `cat >/dev/null
       link=$(nsenter --net="$CNI_NETNS" ip -o link show dev "$CNI_IFNAME") || exit 1
       case $link in *"state UP"*) state=up;; *) state=down;; esac
       echo "$CNI_COMMAND $state" >>${seen}
       [ $CNI_COMMAND != ADD ] || echo '{"cniVersion":"1.0.0","ips":[{"address":"10.1.2.3/24"}]}'`,
    );
    const path = `${scriptDirectory}:${programDirectory}`;
    const { addresses } = attach(macvlanProgram, path, { master: "m0", ipam: { type: "dhcp" } });
    expect(addresses).toEqual(["10.1.2.3/24"]);
    expect(lab.run(["cat", seen])).toBe("ADD down\nDEL up\n");
  });
});
