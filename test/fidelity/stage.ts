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

/** A machine with one container on which scenarios are played. */
export interface Stage {
  addMaster(name: string, options: MasterOptions): void;
  addMacvlan(name: string, lower: string, mode: string): void;
  setUp(name: string, up: boolean): void;
  bridge(name: string): void;
  call(call: PluginCall): Answer;
  /** The container's state, once nothing changes any more. */
  observe(): State;
}

/** The path of the container's namespace on every stage. */
export const POD = "/run/netns/pod";
export const NETWORK = "fidelity";
