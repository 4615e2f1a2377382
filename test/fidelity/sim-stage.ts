import {
  addAddress,
  createMacvlan,
  type Link,
  listAddresses,
  listRoutes,
  listRules,
  type MasterOptions,
  type Netns,
  setUp,
  Sim,
  uapi,
} from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import { core } from "../core/core.ts";
import {
  type Answer,
  type PluginCall,
  POD,
  type Stage,
  type State,
  shimsOf,
  type Way,
} from "./stage.ts";

const MODES: Readonly<Record<string, number>> = {
  private: uapi.MACVLAN_MODE_PRIVATE,
  vepa: uapi.MACVLAN_MODE_VEPA,
  bridge: uapi.MACVLAN_MODE_BRIDGE,
  passthru: uapi.MACVLAN_MODE_PASSTHRU,
};

/** Long enough for duplicate address detection, in milliseconds. */
const SETTLED = 5000;

/** The simulated machine. */
export class SimStage implements Stage {
  readonly #sim = new Sim();

  constructor() {
    setUp(this.#link("lo", this.#sim.addNetns(POD)), true);
  }

  addMaster(name: string, options: MasterOptions): void {
    this.#sim.addMaster(name, options);
  }

  addMacvlan(name: string, lower: string, mode: string): void {
    createMacvlan(this.#sim.host, { name, lower: this.#link(lower), mode: MODES[mode] });
  }

  setUp(name: string, up: boolean): void {
    setUp(this.#link(name), up);
  }

  bridge(name: string): void {
    this.#link(name).controller = this.#sim.addMaster("br0", { kind: "bridge", up: false });
  }

  addAddress(name: string, address: string): void {
    const [ip = "", length] = address.split("/");
    const bytes = parseIp(ip);
    addAddress(this.#link(name), {
      family: bytes.length === 4 ? uapi.AF_INET : uapi.AF_INET6,
      bytes,
      prefixLength: Number(length),
      scope: uapi.RT_SCOPE_UNIVERSE,
      flags: uapi.IFA_F_NODAD,
    });
  }

  call(call: PluginCall): Answer {
    const { status, json } = this.#sim.run(core, { ...call, netns: POD, containerId: "c1" });
    return { status, json };
  }

  observe(): State {
    this.#sim.kernel.clock.advance(SETTLED);
    return stateOf(this.#sim.netns(POD));
  }

  observeWay(): Way {
    const neighbours = [this.#sim.host, this.#sim.netns(POD)].flatMap((netns) =>
      [...netns.links.values()].flatMap(({ name, neighbours }) =>
        [...neighbours].map(([dst, lladdr]) => ({ dst, dev: name, lladdr })),
      ),
    );
    return { ...shimsOf(stateOf(this.#sim.host)), neighbours };
  }

  #link(name: string, netns = this.#sim.host): Link {
    const link = netns.find(name);
    if (link === undefined) throw new Error(`no interface ${name}`);
    return link;
  }
}

function stateOf(netns: Netns): State {
  const own = [...netns.links.values()].filter(({ loopback }) => !loopback);
  const sysctls = own.flatMap(({ name, settings, ipv6 }) =>
    [...settings.all]
      .filter(([key]) => ipv6 || !key.startsWith("ipv6"))
      .map(([key, value]) => [`${name} ${key}`, `${value}`] as const),
  );
  return {
    links: listAddresses(netns),
    routes: [...listRoutes(netns, 4), ...listRoutes(netns, 6)],
    rules: [...listRules(netns, 4), ...listRules(netns, 6)],
    sysctls: Object.fromEntries(sysctls),
  };
}
