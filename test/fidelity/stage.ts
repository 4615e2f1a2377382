import type { IpAddress, IpRoute, IpRule, MasterOptions } from "../../host/sim/index.ts";

/** What a caller sees of one call of the plugin. */
export interface Answer {
  readonly status: number | null;
  readonly json: unknown;
}

/** A call of the plugin for the container. */
export interface PluginCall {
  readonly command: string;
  readonly ifname: string;
  readonly config: object;
}

/** The state of one namespace, in the words of `ip`. */
export interface State {
  readonly links: readonly IpAddress[];
  readonly routes: readonly IpRoute[];
  readonly rules: readonly IpRule[];
  /** Of each interface but loopback, by `INTERFACE TREE/KEY`. */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** A neighbour that stays, as `ip neigh` tells of it. */
export interface Neighbour {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr: string;
}

/** What hostAccess makes: the host's own macvlan with its routes, and both sides' neighbours. */
export interface Way extends State {
  readonly neighbours: readonly Neighbour[];
}

/** A machine with one container on which scenarios are played. */
export interface Stage {
  addMaster(name: string, options: MasterOptions): void;
  addMacvlan(name: string, lower: string, mode: string): void;
  setUp(name: string, up: boolean): void;
  bridge(name: string): void;
  /** Gives an interface of the host an address, as text with its prefix length. */
  addAddress(name: string, address: string): void;
  call(call: PluginCall): Answer;
  /** The container's state, once nothing changes any more. */
  observe(): State;
  /** The way between it and the host. */
  observeWay(): Way;
}

/** The part of the host's state that is about its own macvlans. */
export function shimsOf({ links, routes, sysctls }: State): State {
  const isShim = (name = "") => name.startsWith("mvhost");
  return {
    links: links.filter(({ ifname }) => isShim(ifname)),
    routes: routes.filter(({ dev }) => isShim(dev)),
    rules: [],
    sysctls: Object.fromEntries(Object.entries(sysctls).filter(([name]) => isShim(name))),
  };
}

/** The path of the container's namespace on every stage. */
export const POD = "/run/netns/pod";
export const NETWORK = "fidelity";
