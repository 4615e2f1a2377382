import { describe, expect, test } from "vitest";
import type { IpAddress, IpRoute } from "../../host/sim/index.ts";
import { useSite } from "../live/site.ts";
import { isDerived, isMulticast } from "./divergences.ts";
import { LabStage } from "./lab-stage.ts";
import { type FidelityScenario, scenarios, type Step } from "./scenarios.ts";
import { SimStage } from "./sim-stage.ts";
import { type Answer, type Neighbour, NETWORK, type Stage, type State, type Way } from "./stage.ts";

// The same scenarios on the simulated machine and on the real kernel. After each step the answers
// are compared, the kernel's error and its words in them, and the container's state.

const site = useSite();

/** What was seen after one step. */
interface Seen {
  readonly answer: Answer | undefined;
  readonly state: State;
  readonly way?: Way;
}

function play(stage: Stage, { steps, masters = {}, hasWay }: FidelityScenario): Seen[] {
  for (const [i, name] of ["m0", "m1"].entries()) {
    stage.addMaster(name, { mac: `02:00:00:00:00:0${i}`, ...masters[name] });
  }
  let prevResult: unknown;
  return steps.map((step) => {
    const answer = act(stage, step, prevResult);
    if ("cni" in step && step.cni === "ADD" && answer?.status === 0) prevResult = answer.json;
    return {
      answer: answer && nameless(answer),
      state: stage.observe(),
      ...(hasWay && { way: nameless(stage.observeWay()) }),
    };
  });
}

function act(stage: Stage, step: Step, prevResult: unknown): Answer | undefined {
  if ("cni" in step) {
    const common = { cniVersion: "1.1.0", name: NETWORK, type: "macvlan", master: "m0" };
    const config = { ...common, ...step.keys, prevResult };
    return stage.call({ command: step.cni, ifname: step.ifname ?? "mv0", config });
  }
  if ("macvlan" in step) stage.addMacvlan(step.macvlan, step.lower, step.mode);
  else if ("up" in step) stage.setUp(step.up, true);
  else if ("down" in step) stage.setUp(step.down, false);
  else if ("address" in step) stage.addAddress(step.on, step.address);
  else stage.bridge(step.bridged);
  return undefined;
}

/** The name of the host's own macvlan has the master's index in it, which is another one there. */
function nameless<T>(seen: T): T {
  return JSON.parse(JSON.stringify(seen).replace(/mvhost\d+/g, "mvhostN")) as T;
}

/** Of the real kernel's state what the simulated one has as well. */
function comparable(real: State, simulated: State): State {
  const keys = Object.keys(simulated.sysctls);
  return {
    links: real.links.map(comparableLink),
    routes: sorted(real.routes.filter((route) => !isMulticast(route)).map(comparableRoute)),
    rules: real.rules,
    sysctls: Object.fromEntries(keys.map((key) => [key, real.sysctls[key] ?? "missing"])),
  };
}

function comparableLink(link: IpAddress): IpAddress {
  const { ifname, flags, mtu, operstate, group, txqlen, address, ifalias } = link;
  const { mode, nodst, nopromisc, bcqueuelen, macaddr_data } = link.linkinfo?.info_data ?? {};
  return {
    // numbers are counted in other ways
    ifindex: 0,
    ifname,
    flags: flags.filter((flag) => !isDerived(flag)).sort(),
    mtu,
    operstate,
    group,
    txqlen,
    address,
    ...(ifalias !== undefined && { ifalias }),
    ...(mode !== undefined && {
      linkinfo: {
        info_kind: "macvlan",
        // the kernel's order is that of a hash table
        info_data: {
          mode,
          nodst: nodst === true,
          nopromisc: nopromisc === true,
          bcqueuelen: bcqueuelen ?? 0,
          macaddr_data: sorted(macaddr_data ?? []),
        },
      },
    }),
    addr_info: link.addr_info.map(({ family, local, prefixlen, broadcast, scope, ...rest }) => ({
      family,
      local,
      prefixlen,
      ...(broadcast !== undefined && { broadcast }),
      scope,
      ...(rest.tentative && { tentative: true }),
      ...(rest.dadfailed && { dadfailed: true }),
    })),
  };
}

function comparableRoute(route: IpRoute): IpRoute {
  const { type, dst, gateway, dev, table, protocol, scope, prefsrc, metric } = route;
  const { metrics, nexthops } = route;
  return {
    type,
    dst,
    ...(gateway !== undefined && { gateway }),
    ...(dev !== undefined && { dev }),
    table,
    protocol,
    scope,
    ...(prefsrc !== undefined && { prefsrc }),
    ...(metric !== undefined && metric !== 0 && { metric }),
    ...(metrics !== undefined && { metrics }),
    ...(nexthops !== undefined && {
      nexthops: nexthops.map((hop) => ({ gateway: hop.gateway ?? "", dev: hop.dev })),
    }),
  };
}

function comparableNeighbour({ dst, dev, lladdr }: Neighbour): Neighbour {
  return { dst, dev, lladdr };
}

function sorted<T>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe("the simulated machine does what the kernel does:", () => {
  test.each(scenarios)("$name", (scenario) => {
    const simulated = play(new SimStage(), scenario);
    const real = play(new LabStage(site.lab), scenario);
    for (const [i, { answer, state, way }] of simulated.entries()) {
      const where = `step ${i + 1}, ${JSON.stringify(scenario.steps[i])}`;
      const other = real[i];
      if (other === undefined) throw new Error(`the kernel has no ${where}`);
      expect(answer, where).toEqual(other.answer);
      expect(comparable(state, state), where).toEqual(comparable(other.state, state));
      if (way === undefined || other.way === undefined) continue;
      expect(comparable(way, way), where).toEqual(comparable(other.way, way));
      const neighboursOf = (seen: Way) => sorted(seen.neighbours.map(comparableNeighbour));
      expect(neighboursOf(way), where).toEqual(neighboursOf(other.way));
    }
  });
});
