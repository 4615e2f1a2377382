import { join } from "node:path";
import type { CniOutput } from "../../lab/cni.ts";
import { type PeerCase, type Place, type Step, steps } from "./case.ts";
import { type Facts, flatten, observe } from "./observe.ts";
import { scriptDirectory } from "./script.ts";
import type { Side } from "./twin.ts";

/** What one side did in one step. */
export interface Scene {
  readonly step: Step;
  readonly output: CniOutput;
  /** The exit status, what it printed, and the state of `pod` and `lab` after it. */
  readonly facts: Facts;
}

/** Plays a case at a version on one side, from an empty pod to its end. */
export async function play(side: Side, peerCase: PeerCase, version: string): Promise<Scene[]> {
  const { lab } = side;
  const pod = lab.addNetns("pod");
  if (!peerCase.dad) pod.setSysctl("net/ipv6/conf/default/accept_dad", 0);
  try {
    const scenes = await playSteps(side, peerCase, version, { lab, pod });
    return peerCase.fixedMac ? scenes : maskMac(scenes, peerCase.ifname ?? "mv0");
  } finally {
    lab.deleteNetns("pod");
    lab.run(["rm", "-rf", "/run/leases"]);
  }
}

async function playSteps(
  side: Side,
  peerCase: PeerCase,
  version: string,
  place: Place,
): Promise<Scene[]> {
  peerCase.prepare?.(place);
  const scenes: Scene[] = [];
  for (const step of steps) {
    if (step === "CHECK") peerCase.tamper?.(place);
    const added = scenes[0]?.output;
    if (step === "CHECK" && !isChecked(peerCase, version, added)) continue;
    const output = await call(side, peerCase, version, step, added);
    scenes.push({ step, output, facts: await describeScene(place, output) });
  }
  return scenes;
}

function call(
  side: Side,
  peerCase: PeerCase,
  version: string,
  step: Step,
  added: CniOutput | undefined,
): Promise<CniOutput> {
  const { plugins, lab } = side;
  return lab.cniStart({
    program: join(plugins, peerCase.plugin ?? "macvlan"),
    path: `${scriptDirectory}:${plugins}`,
    command: step === "DEL again" ? "DEL" : step,
    containerId: "c1",
    netns: "/run/netns/pod",
    ifname: peerCase.ifname ?? "mv0",
    ...(peerCase.args === undefined ? {} : { args: peerCase.args }),
    ...(peerCase.env === undefined ? {} : { env: peerCase.env }),
    config: configuration(peerCase, version, added),
  });
}

/** No runtime calls CHECK after an ADD that failed, nor below 0.4.0: only a case that asks does. */
function isChecked({ fails }: PeerCase, version: string, added: CniOutput | undefined): boolean {
  return added?.status === 0 && (version >= "0.4.0" || fails?.CHECK === 1);
}

/** @param added what ADD printed; undefined while it has not been called */
function configuration(peerCase: PeerCase, version: string, added: CniOutput | undefined) {
  const { config, plugin = "macvlan" } = peerCase;
  if (typeof config === "function") return config(version);
  const base = { cniVersion: version, name: "n", type: plugin, ...config };
  // A runtime keeps the result for CHECK and DEL; below 0.4.0 it does not pass it on.
  if (added?.status !== 0 || version < "0.4.0" || peerCase.prevResult === null) return base;
  return { ...base, prevResult: peerCase.prevResult ?? added.json };
}

async function describeScene({ lab, pod }: Place, output: CniOutput): Promise<Facts> {
  const facts: Facts = new Map([["exit", output.status]]);
  if (output.json !== undefined) flatten(facts, "stdout", output.json);
  else if (output.stdout !== "") facts.set("stdout", output.stdout);
  const add = (name: string, state: Facts) => {
    for (const [path, value] of state) facts.set(`${name}.${path}`, value);
  };
  const [podState, labState] = await Promise.all([observe(pod), observe(lab)]);
  add("pod", podState);
  add("lab", labState);
  return facts;
}

/** The steps that failed, with their error codes. */
export function failures(scenes: readonly Scene[]): Record<string, unknown> {
  const failed = scenes.filter(({ output }) => output.status !== 0);
  return Object.fromEntries(failed.map(({ step, facts }) => [step, facts.get("stdout.code")]));
}

/** Gives a random MAC, and the link-local address made from it, a name of its own. */
function maskMac(scenes: Scene[], ifname: string): Scene[] {
  const names = new Map<string, string>();
  for (const { facts } of scenes) {
    const mac = facts.get(`pod.link.${ifname}.address`);
    if (typeof mac === "string") names.set(mac, "<mac>");
    for (const [path, value] of facts) {
      const isLinkLocal = path.startsWith(`pod.addr.${ifname} fe80::`) && path.endsWith(".local");
      if (isLinkLocal) names.set(String(value), "<link-local>");
    }
  }
  const mask = (text: string) => {
    for (const [random, name] of names) text = text.replaceAll(random, name);
    return text;
  };
  return scenes.map(({ step, output, facts }) => ({
    step,
    output: { ...output, stdout: mask(output.stdout), stderr: mask(output.stderr) },
    facts: new Map(
      [...facts].map(([path, value]) => [
        mask(path),
        typeof value === "string" ? mask(value) : value,
      ]),
    ),
  }));
}
