// The main job of the plugin on the real kernel, without root: two pods on one network.
import type { CniCall, CniOutput } from "../lab/cni.ts";
import { LabUnavailable } from "../lab/holder.ts";
import { Lab } from "../lab/lab.ts";
import type { Netns } from "../lab/netns.ts";
import { macvlanProgram, root } from "../lab/paths.ts";
import { difference } from "../lab/snapshot.ts";
import { picture } from "./picture.ts";
import { paint, StepFailed, step } from "./steps.ts";

const master = "ens5";

interface Pod {
  readonly netns: Netns;
  readonly call: CniCall;
  readonly ipv4: string;
  readonly ipv6: string;
}

interface Result {
  readonly interfaces: ReadonlyArray<{ name: string; mac: string; mtu: number }>;
  readonly ips: ReadonlyArray<{ address: string }>;
  readonly routes: ReadonlyArray<{ dst: string; gw?: string }>;
}

console.log(
  paint("bold", "A CNI macvlan plugin, its logic in WebAssembly, on this machine's kernel"),
);
console.log(`${paint("dim", macvlanProgram.replace(`${root}/`, ""))}\n`);
let lab: Lab | undefined;
try {
  lab = await step(
    "open namespaces of our own",
    () => Lab.open(),
    ({ hasUserNamespace }) => [`${hasUserNamespace ? "user, " : ""}network and mount`],
  );
  await run(lab);
  console.log(paint(["bold", "green"], "\nEverything worked, and nothing is left."));
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  console.error(`\n${paint(["bold", "red"], `Failed: ${error.title}`)}\n${error.message}`);
  if (error.cause instanceof LabUnavailable)
    console.error("The demo needs namespaces, to leave the machine's own network alone.");
  process.exitCode = 1;
} finally {
  await lab?.close();
}

async function run(lab: Lab): Promise<void> {
  const router = await step(
    `plug in a cable: the master ${master} here, a router at its end`,
    () => {
      const router = lab.addNetns("router");
      lab.addMaster(master, { segment: router, peer: "lan" });
      router.ip("addr", "add", "192.0.2.1/24", "dev", "lan");
      router.ip("addr", "add", "2001:db8::1/64", "dev", "lan", "nodad");
      return router;
    },
  );
  const pods = await step("make two pods: network namespaces with nothing but a loopback", () => [
    makePod(lab, "pod-a", 11),
    makePod(lab, "pod-b", 12),
  ]);
  const before = lab.snapshot();
  await step("STATUS: is the plugin ready?", () => call(lab, pods[0] as Pod, "STATUS"));

  const results = new Map<Pod, Result>();
  for (const pod of pods) {
    const title = `ADD ${pod.netns.name}: static addresses of both families`;
    const add = async () => call(lab, pod, "ADD").json as Result;
    results.set(pod, await step(title, add, describe));
  }
  await step(
    "what the kernel has now",
    () => picture(lab, master, [...pods.map(({ netns }) => netns)], router),
    (lines) => ["", ...lines, ""],
  );

  const [a, b] = pods as [Pod, Pod];
  await ping(a, b.ipv4, "pod-b, IPv4");
  await ping(a, b.ipv6, "pod-b, IPv6");
  await ping(b, "192.0.2.1", "the router, IPv4");
  await ping(b, "2001:db8::1", "the router, IPv6");

  for (const pod of pods) {
    const prevResult = results.get(pod);
    await step(`CHECK ${pod.netns.name}`, () => call(lab, pod, "CHECK", { prevResult }));
  }
  for (const pod of pods) {
    const prevResult = results.get(pod);
    await step(`DEL ${pod.netns.name}`, () => call(lab, pod, "DEL", { prevResult }));
  }
  await step(
    "compare links, addresses, routes and sysctls with those before ADD",
    () => {
      const left = difference(before, lab.snapshot());
      if (left.length > 0) throw new Error(`not as before:\n${left.join("\n")}`);
      return Object.values(before).flat().length;
    },
    (facts) => [`${facts} facts in ${Object.keys(before).length} namespaces, all as before`],
  );
}

function makePod(lab: Lab, name: string, host: number): Pod {
  const netns = lab.addNetns(name);
  const ipv4 = `192.0.2.${host}`;
  const ipv6 = `2001:db8::${host}`;
  const config = {
    cniVersion: "1.1.0",
    name: "demo",
    type: "macvlan",
    master,
    mode: "bridge",
    ipam: {
      type: "static",
      addresses: [
        { address: `${ipv4}/24`, gateway: "192.0.2.1" },
        { address: `${ipv6}/64`, gateway: "2001:db8::1" },
      ],
      routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
    },
  };
  return {
    netns,
    ipv4,
    ipv6,
    call: { containerId: name, netns: netns.path, ifname: "eth0", config },
  };
}

/** Calls the plugin as a runtime does, with keys added to the pod's configuration. */
function call(lab: Lab, pod: Pod, command: string, keys: object = {}): CniOutput {
  const output = lab.cni({
    ...pod.call,
    command,
    config: { ...(pod.call.config as object), ...keys },
  });
  if (output.status === 0) return output;
  const { code, msg, details } = (output.json ?? {}) as Record<string, unknown>;
  const said = msg ? `error ${code}: ${msg}${details ? ` (${details})` : ""}` : output.stdout;
  const end = `the plugin ended with ${output.signal ?? `status ${output.status}`}`;
  throw new Error([end, said, output.stderr].join("\n").trim());
}

function describe({ interfaces, ips, routes }: Result): string[] {
  return [
    ...interfaces.map(({ name, mac, mtu }) => `interface ${name}  ${mac}  mtu ${mtu}`),
    `addresses ${ips.map(({ address }) => address).join("  ")}`,
    `routes    ${routes.map(({ dst, gw }) => (gw ? `${dst} via ${gw}` : dst)).join("  ")}`,
  ].map((line) => paint("cyan", line));
}

async function ping(from: Pod, to: string, what: string): Promise<void> {
  await step(
    `ping ${from.netns.name} to ${what}`,
    () => from.netns.run(["ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", to]),
    (output) => output.split("\n").filter((line) => /bytes from|transmitted/.test(line)),
  );
}
