import { beforeEach, describe, expect, test } from "vitest";
import { EACCES, EBADF } from "../../assembly/linux/errno.ts";
import { O_CREAT, O_RDONLY, O_WRONLY } from "../../assembly/linux/fcntl.ts";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";

// Where the policy takes its knowledge from, on a system that does whatever it is asked; what it
// holds back on a real one is in hostile.test.ts.

const ENVIRONMENT: Readonly<Record<string, string>> = {
  CNI_COMMAND: "ADD",
  CNI_NETNS: "/run/netns/pod",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin::/usr/lib/cni",
};
const NETNS = 0x40000000;
const READY = { status: 0, output: new Uint8Array(0), log: new Uint8Array(0) };

let opened: number;
beforeEach(() => {
  opened = 100;
});

interface World {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly program?: string;
  /** The mode of every file, as in struct stat. */
  readonly mode?: number;
}

/** A confined system on which every call succeeds; its input comes in pieces of 7 bytes. */
function confined({
  input = "",
  env = {},
  program = "/opt/cni/bin/macvlan",
  mode = 0o100755,
}: World): System {
  let rest = Buffer.from(input);
  const environment = { ...ENVIRONMENT, ...env };
  const calls: Partial<System> = {
    open: () => opened++,
    close: () => 0,
    socket: () => opened++,
    send: (_, bytes) => bytes.length,
    setns: () => 0,
    write: (_, bytes) => bytes.length,
    read: (_, buffer) => {
      const piece = rest.subarray(0, Math.min(buffer.length, 7));
      buffer.set(piece);
      rest = rest.subarray(piece.length);
      return piece.length;
    },
    statx: (_fd, _path, _flags, _mask, buffer) => {
      new DataView(buffer.buffer).setUint16(28, mode, true);
      return 0;
    },
    symlink: () => 0,
    mkdir: () => 0,
    getenv: (name) => (name in environment ? Buffer.from(environment[name] ?? "") : undefined),
    program_invocation_name: () => Buffer.from(program),
    spawn: () => READY,
  };
  return confine(calls as System);
}

function readAll(system: System): void {
  while (system.read(0, new Uint8Array(64)) > 0);
}

/** A system whose core has read a configuration to its end. */
function knowing(config: object | string, world: World = {}): System {
  const input = typeof config === "string" ? config : JSON.stringify(config);
  const system = confined({ ...world, input });
  readAll(system);
  return system;
}

function mayWrite(system: System, path: string): boolean {
  const fd = system.open(path, O_WRONLY | O_CREAT, 0o600);
  if (fd >= 0) system.close(fd);
  else expect(fd).toBe(-EACCES);
  return fd >= 0;
}

const ipam = { type: "host-local", dataDir: "/data" };

describe("the directory of the leases is", () => {
  const lease = (config: object | string, world?: World) => (path: string) =>
    mayWrite(knowing(config, world), path);

  test("that of ipam.dataDir and the network", () => {
    const may = lease({ name: "n", ipam });
    expect(may("/data/n/10.0.0.2")).toBe(true);
    expect(may("/data/m/10.0.0.2")).toBe(false);
    expect(may("/data/10.0.0.2")).toBe(false);
    expect(may("/var/lib/cni/networks/n/10.0.0.2")).toBe(false);
  });

  test.each([undefined, "", null])("the usual one where dataDir is %j", (dataDir) => {
    const may = lease({ name: "n", ipam: { type: "host-local", dataDir } });
    expect(may("/var/lib/cni/networks/n/lock")).toBe(true);
    expect(may("/data/n/lock")).toBe(false);
  });

  test.each([
    ["in any letter case", '{"NAME":"n","Ipam":{"TYPE":"host-local","datadir":"/data"}}'],
    [
      "the exact case preferred",
      '{"name":"n","ipam":{"type":"host-local","dataDir":"/data","DATADIR":"/x"}}',
    ],
    [
      "of equal keys the last",
      '{"name":"m","name":"n","ipam":{"type":"host-local","dataDir":"/data"}}',
    ],
    ["by escapes", '{"name":"\\u006e","ipam":{"type":"host-local","dataDir":"\\/data"}}'],
  ])("found as the core finds it: %s", (_, config) => {
    expect(lease(config)("/data/n/lock")).toBe(true);
    expect(lease(config)("/x/n/lock")).toBe(false);
  });

  test.each([
    ["no JSON", '{"name":"n","ipam":{"type":"host-local","dataDir":"/data"}'],
    ["more than JSON", '{"name":"n","ipam":{"type":"host-local","dataDir":"/data"}}x'],
    ["no object", '["name","n"]'],
    ["null", "null"],
    ["empty", ""],
    ["of another IPAM plugin", '{"name":"n","ipam":{"type":"static","dataDir":"/data"}}'],
    ["without IPAM", '{"name":"n"}'],
    ["of wrong types", '{"name":5,"ipam":{"type":"host-local","dataDir":["/data"]}}'],
    ["of a network above", '{"name":"..","ipam":{"type":"host-local","dataDir":"/data/x"}}'],
    ["of a network elsewhere", '{"name":"../data/n","ipam":{"type":"host-local"}}'],
    ["of a network that is the index", '{"name":".index","ipam":{"type":"host-local"}}'],
  ])("none where the configuration is %s", (_, config) => {
    const system = knowing(config);
    for (const path of ["/data/n/lock", "/data/lock", "/var/lib/cni/networks/.index/x"]) {
      expect(mayWrite(system, path)).toBe(false);
    }
  });

  test("that of the configuration for host-local itself, whatever it is called as", () => {
    const world = { program: "/opt/cni/bin/host-local" };
    expect(lease({ name: "n", ipam: { dataDir: "/data" } }, world)("/data/n/lock")).toBe(true);
  });

  test("none before the whole of standard input was read", () => {
    const input = JSON.stringify({ name: "n", ipam });
    const system = confined({ input });
    for (let read = 0; read < input.length; read += 7) {
      expect(mayWrite(system, "/data/n/lock")).toBe(false);
      system.read(0, new Uint8Array(0));
      system.read(0, new Uint8Array(7));
    }
    expect(mayWrite(system, "/data/n/lock")).toBe(false);
    system.read(0, new Uint8Array(7));
    expect(mayWrite(system, "/data/n/lock")).toBe(true);
  });

  test("that of the input alone: no other descriptor is read in its place", () => {
    const system = confined({ input: JSON.stringify({ name: "n", ipam }) });
    const fd = system.open("/run/netns/pod", O_RDONLY, 0);
    while (system.read(fd, new Uint8Array(64)) > 0);
    expect(mayWrite(system, "/data/n/lock")).toBe(false);
    expect(system.close(0)).toBe(-EACCES);
  });
});

describe("programs", () => {
  const config = { name: "n", ipam: { type: "dhcp" } };
  const spawn = (system: System, path: string, command = "ADD", input = JSON.stringify(config)) =>
    system.spawn(path, command, Buffer.from(input), 9, 9).status;

  test("are those of ipam.type in the directories of CNI_PATH", () => {
    const system = knowing(config);
    expect(spawn(system, "/opt/cni/bin/dhcp")).toBe(0);
    expect(spawn(system, "/usr/lib/cni/dhcp")).toBe(0);
    for (const path of ["/dhcp", "dhcp", "/opt/cni/bin/static", "/opt/cni/bin/x/dhcp"]) {
      expect(spawn(system, path)).toBe(-EACCES);
    }
  });

  test.each(["../dhcp", "/dhcp", ".", "..", "", 5])("none where ipam.type is %j", (type) => {
    const odd = { name: "n", ipam: { type } };
    const system = knowing(odd);
    for (const path of [`/opt/cni/bin/${type}`, `/opt/cni/bin${type}`]) {
      expect(spawn(system, path, "ADD", JSON.stringify(odd))).toBe(-EACCES);
    }
  });

  test.each([0o040755, 0o020666, 0o010755, 0o140755])("are files, not of mode %o", (mode) => {
    expect(spawn(knowing(config, { mode }), "/opt/cni/bin/dhcp")).toBe(-EACCES);
  });

  test("get the command of this call; DEL takes back an ADD, and nothing else does", () => {
    for (const [own, allowed] of [
      ["ADD", ["ADD", "DEL"]],
      ["DEL", ["DEL"]],
      ["CHECK", ["CHECK"]],
      ["GC", ["GC"]],
      ["STATUS", ["STATUS"]],
    ] as const) {
      const system = knowing(config, { env: { CNI_COMMAND: own } });
      const commands = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION", ""];
      const taken = commands.filter((command) => spawn(system, "/opt/cni/bin/dhcp", command) === 0);
      expect(taken).toEqual(allowed);
    }
  });
});

describe("sysctls", () => {
  const path = "/proc/sys/net/ipv6/conf/eth0/disable_ipv6";
  const enter = (system: System) => system.setns(system.open("/run/netns/pod", O_RDONLY, 0), NETNS);

  test("are for the container's namespace, as long as the thread is there", () => {
    const system = confined({});
    const home = system.open("/proc/thread-self/ns/net", O_RDONLY, 0);
    expect(mayWrite(system, path)).toBe(false);
    expect(enter(system)).toBe(0);
    expect(system.open(path, O_WRONLY, 0)).toBeGreaterThan(0);
    expect(system.setns(home, NETNS)).toBe(0);
    expect(system.open(path, O_WRONLY, 0)).toBe(-EACCES);
  });

  test.each(["..", ".", "", "eth0/..", "../../../kernel"])(
    "are none where CNI_IFNAME is %j",
    (name) => {
      const system = confined({ env: { CNI_IFNAME: name } });
      enter(system);
      expect(system.open(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, O_WRONLY, 0)).toBe(
        -EACCES,
      );
    },
  );
});

describe("sysctls of the configuration", () => {
  const folder = "/proc/sys/net/ipv4/conf/eth0/";
  const open = (sysctl: unknown, path: string) => {
    const system = knowing({ name: "n", sysctl });
    system.setns(system.open("/run/netns/pod", O_RDONLY, 0), NETNS);
    return system.open(path, O_WRONLY, 0);
  };
  const set = { "net.ipv4.conf.IFNAME.rp_filter": "1", "net.ipv6.neigh.IFNAME.x_1": "1" };

  test("are those that it sets, of the interface", () => {
    expect(open(set, `${folder}rp_filter`)).toBeGreaterThan(0);
    expect(open(set, "/proc/sys/net/ipv6/neigh/eth0/x_1")).toBeGreaterThan(0);
  });

  test.each([
    `${folder}arp_ignore`,
    "/proc/sys/net/ipv4/conf/all/rp_filter",
    "/proc/sys/net/ipv4/conf/eth1/rp_filter",
    "/proc/sys/net/ipv6/conf/eth0/rp_filter",
    `${folder}../all/rp_filter`,
  ])("not %s", (path) => expect(open(set, path)).toBe(-EACCES));

  test.each(["../all/rp_filter", "..", "", "RP_FILTER", "rp_filter/x"])(
    "none by the name %j",
    (name) => {
      expect(open({ [`net.ipv4.conf.IFNAME.${name}`]: "1" }, folder + name)).toBe(-EACCES);
    },
  );

  test.each([undefined, null, "rp_filter", [], 5])("none where it is %j", (sysctl) => {
    expect(open(sysctl, `${folder}rp_filter`)).toBe(-EACCES);
    expect(open(sysctl, `${folder}constructor`)).toBe(-EACCES);
  });
});

describe("descriptors", () => {
  test("that the core closed are none any more, and may be given again", () => {
    const system = confined({});
    const fd = system.open("/run/netns/pod", O_RDONLY, 0);
    expect(system.setns(fd, NETNS)).toBe(0);
    expect(system.close(fd)).toBe(0);
    expect(system.setns(fd, NETNS)).toBe(-EBADF);
    opened = fd;
    expect(system.open("/proc/thread-self/ns/net", O_RDONLY, 0)).toBe(fd);
    expect(system.setns(fd, NETNS)).toBe(0);
  });

  test("in poll(2) have to be the core's, negative ones excepted", () => {
    const system = confined({});
    const pollfds = (fd: number) => new Uint8Array(Int32Array.of(1, 0, fd, 0).buffer);
    expect(system.poll(pollfds(5), 0)).toBe(-EBADF);
    expect(() => system.poll(pollfds(-1), 0)).toThrow(TypeError); // reaches the system
  });
});

describe("netlink messages", () => {
  /** RTM_GETLINK of index 1, with the name of an interface. */
  const message = [40, 0, 0, 0, 18, 0, 5, 0, ...new Array(12).fill(0), 1, ...new Array(11).fill(0)];
  const question = Uint8Array.from([...message, 7, 0, 3, 0, 108, 111, 0, 0]);

  test("may be sent one after the other", () => {
    const system = confined({});
    const fd = system.socket(16, 3, 0);
    expect(system.send(fd, question, 0)).toBe(40);
    expect(system.send(fd, Buffer.concat([question, question]), 0)).toBe(80);
  });

  test("are whole: whatever is cut off or too much is refused", () => {
    const system = confined({});
    const fd = system.socket(16, 3, 0);
    const two = Buffer.concat([question, question]);
    for (let length = 1; length < two.length; length++) {
      const isWhole = length === question.length;
      expect(system.send(fd, two.subarray(0, length), 0)).toBe(isWhole ? length : -EACCES);
    }
  });

  test("have the length that they say, and so have their attributes", () => {
    const system = confined({});
    const fd = system.socket(16, 3, 0);
    // the last three bytes are filled up
    for (const [at, good] of [
      [0, [39, 40]],
      [32, [5, 6, 7, 8]],
    ] as const) {
      const taken = Array.from({ length: 256 }, (_, length) => length).filter((length) => {
        const other = question.slice();
        other[at] = length;
        return system.send(fd, other, 0) === other.length;
      });
      expect(taken).toEqual(good);
    }
  });
});

describe("with masterUp a link of the host may be set up, and nothing else:", () => {
  /** RTM_SETLINK about interface 3: words of struct ifinfomsg, and what comes after it. */
  const setLink = (family: number, flags: number, change: number, rest: number[] = []) => {
    const words = Uint32Array.of(32 + rest.length, 0x5_0013, 1, 0, family, 3, flags, change);
    return Buffer.concat([new Uint8Array(words.buffer), Uint8Array.from(rest)]);
  };
  const up = setLink(0, 1, 1);
  const name = [8, 0, 3, 0, 101, 116, 104, 0];
  const sent = (system: System, message: Uint8Array) =>
    system.send(system.socket(16, 3, 0), message, 0) === message.length;

  test("that", () => expect(sent(knowing({ masterUp: true }), up)).toBe(true));

  test.each([
    ["down", setLink(0, 0, 1)],
    ["promiscuous as well", setLink(0, 0x101, 0x101)],
    ["with all flags that are given", setLink(0, 1, 0)],
    ["with another name", setLink(0, 1, 1, name)],
    ["as a port of a bridge", setLink(7, 1, 1)],
    ["behind that: down", Buffer.concat([up, setLink(0, 0, 1)])],
  ])("not %s", (_, message) => {
    const system = knowing({ masterUp: true });
    expect(sent(system, message)).toBe(false);
  });

  test.each([false, null, "true", 1, undefined])("nothing where it is %j", (masterUp) => {
    expect(sent(knowing({ masterUp }), up)).toBe(false);
  });

  test("nothing before the configuration has been read", () => {
    expect(sent(confined({ input: '{"masterUp":true}' }), up)).toBe(false);
  });
});

test("an empty environment allows nothing", () => {
  const empty = { CNI_NETNS: "", CNI_IFNAME: "", CNI_PATH: "", CNI_COMMAND: "" };
  const system = knowing({ ipam: { type: "dhcp" } }, { env: empty });
  for (const path of ["", "/", "dhcp", "/dhcp"]) {
    expect(system.open(path, O_RDONLY, 0)).toBe(-EACCES);
    expect(system.mkdir(path, 0o755)).toBe(-EACCES);
    expect(system.spawn(path, "", new Uint8Array(0), 9, 9).status).toBe(-EACCES);
  }
});
