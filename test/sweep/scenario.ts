import {
  addAddress,
  type Call,
  createMacvlan,
  type KernelOptions,
  type Link,
  PLUGIN_PATH,
  type Sim,
  uapi,
  setUp,
} from "../../host/sim/index.ts";
import { config, core, machine, POD, staticIpam } from "../core/core.ts";

const { AF_INET, RT_SCOPE_UNIVERSE } = uapi;

// What is swept: one machine, and the calls of a runtime for it.

/** Puts something between a core and its system. */
export type Wrap = NonNullable<Call["wrap"]>;

/** A machine, and what is put between an executed IPAM plugin and it. */
export interface World {
  readonly sim: Sim;
  child?: Wrap | undefined;
  /** `disable_ipv6` of the container's loopback interface, before. */
  readonly loopback: number;
  /** A master that is set up, and stays so whatever comes of the call. */
  readonly raised?: Link;
}

export interface Scenario {
  readonly name: string;
  readonly keys: Record<string, unknown>;
  readonly prepare: () => World;
  /** As which plugin the core is called. */
  readonly program?: string;
  /** True: faults happen to the executed IPAM plugin, not to the one that executes it. */
  readonly inChild?: boolean;
  readonly env?: Record<string, string>;
  /** What happens between ADD and what is swept. */
  readonly afterAdd?: (world: World) => void;
}

export const DATA_DIR = "/var/lib/leases";
const LEASE = "/var/lib/lease";
const OTHER_PATH = "/opt/other";

/** Leases of containers that live on. */
export const OTHERS = ["10.0.0.2", "fd00::2"];

const hostLocal = {
  type: "host-local",
  dataDir: DATA_DIR,
  ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]],
  routes: [{ dst: "0.0.0.0/0" }],
};
const dual = staticIpam(["10.0.0.5/24", "2001:db8::5/64"], {
  routes: [
    { dst: "10.9.0.0/16", gw: "10.0.0.1", mtu: 1400 },
    { dst: "::/0", gw: "2001:db8::1" },
  ],
});

function world(options: KernelOptions = {}, loopback = 0): World {
  const sim = machine(options);
  sim.netns(POD).links.get(1)?.settings.set("ipv6/conf", "disable_ipv6", loopback);
  const made = { sim, loopback };
  for (const address of OTHERS) lease(made, address);
  return made;
}

function lease({ sim }: World, address: string): void {
  sim.files.write(`${DATA_DIR}/net1/${address}`, "other\r\neth0", 0o600);
}

/** So many leases in a row that ADD lists the directory to find a free address. */
function crowded(): World {
  const made = world();
  for (let host = 3; host < 21; host++) lease(made, `10.0.0.${host}`);
  return made;
}

/** What somebody has left who was killed while making a lease. */
function abandoned(): World {
  const made = world();
  made.sim.files.write(`${DATA_DIR}/net1/.new-lease`, "somebody\r\net", 0o600);
  return made;
}

/** Whoever looks for a lease has to go through all of them. */
function removeIndex({ sim }: World): void {
  sim.files.remove(`${DATA_DIR}/.index`);
}

/** A container in which IPv6 is off, and an IPAM plugin that keeps a lease in a file. */
function delegating(type = "ipam", made = world({}, 1)): World {
  const { files } = made.sim;
  files.install(`${PLUGIN_PATH}/${type}`, ({ env }) => {
    if (env.CNI_COMMAND === "ADD") files.write(LEASE, "leased");
    const frees = env.CNI_COMMAND === "DEL" || env.CNI_COMMAND === "GC";
    if (frees && files.find(LEASE)) files.remove(LEASE);
    if (env.CNI_COMMAND !== "ADD") return {};
    const ips = [{ address: "10.0.0.5/24", gateway: "10.0.0.1" }, { address: "2001:db8::5/64" }];
    return { stdout: JSON.stringify({ ips, routes: [{ dst: "0.0.0.0/0" }] }) };
  });
  return made;
}

/** The first address that the IPAM plugin gives is somebody's; it gives one at a time. */
function disputed(): World {
  const made = world();
  const { files, host } = made.sim;
  host.find("eth0")?.stations.add("10.0.0.5");
  let last = 4;
  files.install(`${PLUGIN_PATH}/ipam`, ({ env }) => {
    const isLeased = files.find(LEASE) !== undefined;
    if (env.CNI_COMMAND === "DEL" || env.CNI_COMMAND === "GC") {
      if (isLeased) files.remove(LEASE);
      return {};
    }
    if (env.CNI_COMMAND !== "ADD") return {};
    if (isLeased) return { status: 1, stdout: '{"code":110,"msg":"not given back"}' };
    files.write(LEASE, "leased");
    const ips = [{ address: `10.0.0.${++last}/24` }, { address: "2001:db8::5/64" }];
    return { stdout: JSON.stringify({ ips }) };
  });
  return made;
}

/** Another copy of the core, which is executed where the same one would be called. */
function executing(): World {
  const made = world();
  const { sim } = made;
  sim.files.install(`${OTHER_PATH}/host-local`, (invocation) =>
    sim.pluginOf(core, made.child)(invocation),
  );
  return made;
}

/** A kernel before 6.15, which takes the name of an interface of the host for a clash. */
function clashing(): World {
  const made = world({ namesOfSource: true });
  made.sim.addMaster("mv0");
  made.sim.kernel.clock.advance(5000);
  return made;
}

/** Another interface has the first MAC address that the container would get. */
function contested(): World {
  const made = world({}, 1);
  createMacvlan(made.sim.host, { name: "mv8", lower: made.sim.host.find("eth0"), mac: FIRST });
  setUp(made.sim.host.find("mv8") as Link, true);
  made.sim.kernel.clock.advance(5000);
  return made;
}

/** A master inside the container, and a macvlan beside. */
function inside(): World {
  const made = world();
  const lower = made.sim.addMaster("eth0", {}, made.sim.netns(POD));
  createMacvlan(made.sim.netns(POD), { name: "mv9", lower });
  made.sim.kernel.clock.advance(5000);
  return made;
}

/** A host whose only address is in another network than the pod's. */
function addressed(): World {
  const made = world();
  const parts = { family: AF_INET, bytes: Uint8Array.of(192, 0, 2, 1), prefixLength: 24 };
  addAddress(made.sim.addMaster("eth1"), { ...parts, scope: RT_SCOPE_UNIVERSE, flags: 0 });
  made.sim.kernel.clock.advance(5000);
  return made;
}

const executed = {
  keys: { ipam: hostLocal },
  prepare: executing,
  env: { CNI_PATH: `${OTHER_PATH}:${PLUGIN_PATH}` },
};

/** By their own table, which ADD looks for before. */
const sources = { sourceRouting: true, sourceTable: 101, noDefaultRoute: true };
const policy = {
  macPolicy: "stable",
  ipv6: { autoconf: true, linkLocal: "random", dad: "off" },
  ipam: staticIpam(["2001:db8::5/64"]),
};
/** By the names net1, container-1 and mv0. */
const FIRST = Uint8Array.of(0xb6, 0xd6, 0x27, 0x0b, 0x1d, 0x51);

const basic = { prepare: () => world() };
const hostLocalAlone = { keys: { ipam: hostLocal }, program: "host-local" };

/** A master that is chosen by its address and set up, and stays so. */
function choosing(): World {
  const made = world();
  const raised = made.sim.addMaster("ens5", { mac: "02:00:00:00:00:a5", up: false });
  raised.settings.set("ipv6/conf", "disable_ipv6", 1);
  return { ...made, raised };
}

/** The interface. */
export const links: readonly Scenario[] = [
  { ...basic, name: "without IPAM", keys: { mac: "02:00:00:00:00:77", mtu: 1400 } },
  { ...basic, name: "static", keys: { ipam: dual } },
  { ...basic, name: "source routing", keys: { ...sources, ipam: dual } },
  { ...basic, name: "mode passthru", keys: { mode: "passthru" } },
  { name: "IPv6 and MAC policy", keys: policy, prepare: contested },
  { name: "linkInContainer", keys: { linkInContainer: true, ipam: dual }, prepare: inside },
  { name: "an old kernel", keys: {}, prepare: clashing },
  {
    name: "hostAccess",
    keys: { hostAccess: true, ipam: staticIpam(["10.0.0.5/24"]) },
    prepare: addressed,
  },
  {
    name: "hostAccess for DHCP",
    keys: { hostAccess: true, ipam: { type: "dhcp" } },
    prepare: () => delegating("dhcp", addressed()),
  },
  {
    name: "a master that is chosen and set up",
    keys: { master: ["eno*", "02:00:00:00:00:a5"], masterUp: true },
    prepare: choosing,
  },
  {
    ...basic,
    name: "announce",
    keys: { announce: { count: 2, interval: 5, replies: true }, ipam: dual },
  },
  { ...basic, name: "static alone", keys: { ipam: dual }, program: "static" },
];

/** Leases, in this process. */
export const leases: readonly Scenario[] = [
  { ...basic, name: "host-local", keys: { ipam: hostLocal } },
  { ...basic, ...hostLocalAlone, name: "host-local alone" },
  { ...basic, ...hostLocalAlone, name: "host-local without its index", afterAdd: removeIndex },
  { ...hostLocalAlone, name: "host-local where much is taken", prepare: crowded },
  { ...hostLocalAlone, name: "host-local where somebody was killed", prepare: abandoned },
];

/** IPAM plugins that are executed. */
export const delegates: readonly Scenario[] = [
  { name: "another IPAM plugin", keys: { ipam: { type: "ipam" } }, prepare: () => delegating() },
  {
    name: "conflictDetection",
    keys: {
      conflictDetection: { probes: 1, interval: 10, nextAddress: 1 },
      announce: { count: 0 },
      ipam: { type: "ipam" },
    },
    prepare: disputed,
  },
  { ...executed, name: "host-local, executed" },
  { ...executed, name: "host-local, executed, failing inside", inChild: true },
];

/** A call of a scenario, with more keys in the configuration. */
export function callOf(
  { keys, program, env }: Scenario,
  command: string,
  more: Record<string, unknown> = {},
): Call {
  return {
    command,
    program: program ?? "macvlan",
    env: env ?? {},
    config: config({ ...keys, ...more }),
  };
}
