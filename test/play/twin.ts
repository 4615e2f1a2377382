import { Lab } from "../../lab/lab.ts";

/** One side of a twin: plugins in a lab of its own that looks like the other's. */
export interface Side {
  /** The directory of the plugins. */
  readonly plugins: string;
  readonly lab: Lab;
}

/** Provides a side's plugins: returns their directory, as its lab sees it. */
export type Install = (lab: Lab) => string;

/** Two labs that look the same but for the plugins. */
class Twin {
  private constructor(readonly sides: readonly [Side, Side]) {}

  static async open(one: Install, other: Install): Promise<Twin> {
    return new Twin([await openSide(one), await openSide(other)]);
  }

  async close(): Promise<void> {
    await Promise.all(this.sides.map(({ lab }) => lab.close()));
  }
}

/**
 * As many twins as tests run at a time (maxConcurrency in vitest.config.ts): while one waits, the
 * other works.
 */
export class Twins {
  private constructor(private readonly free: Twin[]) {}

  static async open(one: Install, other: Install): Promise<Twins> {
    return new Twins([await Twin.open(one, other), await Twin.open(one, other)]);
  }

  /** Does something with a twin that nobody else has at the time. */
  async use(action: (sides: readonly [Side, Side]) => Promise<void>): Promise<void> {
    const twin = this.free.pop();
    if (!twin) throw new Error("more tests at a time than twins");
    try {
      await action(twin.sides);
    } finally {
      this.free.push(twin);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.free.map((twin) => twin.close()));
  }
}

/** Opens a side: the lab with its masters, of the same names and MACs everywhere. */
async function openSide(install: Install): Promise<Side> {
  const lab = await Lab.open();
  lab.setSysctl("net/ipv6/conf/default/accept_dad", 0);
  ["m0", "m1", "m2"].forEach((name, index) => {
    const mac = `02:00:00:00:00:1${index}`;
    const peer = ["peer", "name", `${name}p`, "address", `02:00:00:00:00:2${index}`];
    lab.ip("link", "add", name, "address", mac, "type", "veth", ...peer);
    lab.ip("link", "set", `${name}p`, "up");
  });
  lab.ip("link", "set", "m1", "mtu", "1400");
  for (const name of ["m0", "m1"]) lab.ip("link", "set", name, "up");
  addNeighbour(lab);
  lab.ip("addr", "add", "10.99.0.1/24", "dev", "m0");
  lab.ip("route", "add", "default", "via", "10.99.0.254");
  return { plugins: install(lab), lab };
}

/** Another pod on `m1`, which has the address fd00:1::3 already. */
function addNeighbour(lab: Lab): void {
  const neighbour = lab.addNetns("neighbour");
  const link = ["link", "m1", "name", "n0", "address", "02:00:00:00:00:77", "netns", "neighbour"];
  lab.ip("link", "add", ...link, "type", "macvlan", "mode", "bridge");
  neighbour.ip("link", "set", "n0", "up");
  neighbour.ip("addr", "add", "fd00:1::3/64", "dev", "n0", "nodad");
}
