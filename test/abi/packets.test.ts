// Packet sockets on the real kernel and on the simulated machine: the same questions, the same
// answers.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createMacvlan, setUp, Sim, uapi } from "../../host/sim/index.ts";
import { Lab } from "../../lab/lab.ts";
import { bundleProgram } from "../host/program.ts";
import { openLab } from "../prerequisites.ts";
import { compileProbe } from "../probe/compile.ts";
import { parseReport } from "./ask.ts";
import { packetAnswers } from "./packet-answers.ts";

const INTERFACES = [
  ["FIRST", "mv1", "bridge", true],
  ["SECOND", "mv2", "bridge", true],
  ["DOWN", "mv3", "bridge", false],
  ["PRIVATE", "mv4", "private", true],
] as const;
const MODES = {
  bridge: uapi.MACVLAN_MODE_BRIDGE,
  private: uapi.MACVLAN_MODE_PRIVATE,
};

describe("on Linux", () => {
  let lab: Lab;
  openLab(async () => {
    lab = await Lab.open();
    lab.addMaster("m0");
    // so that the kernel says nothing by itself
    for (const name of ["all", "default"]) lab.setSysctl(`net/ipv6/conf/${name}/disable_ipv6`, 1);
    for (const [, name, mode, isUp] of INTERFACES) {
      lab.ip("link", "add", name, "link", "m0", "type", "macvlan", "mode", mode);
      if (isUp) lab.ip("link", "set", name, "up");
    }
  });
  afterAll(() => lab?.close());

  test("a packet socket answers as it must", { timeout: 60_000 }, () => {
    const indexes = INTERFACES.map(([variable, name]) => {
      const [link] = lab.ipJson<{ ifindex: number }>("link", "show", "dev", name);
      return [variable, `${link?.ifindex}`];
    });
    const core = path.resolve(compileProbe("packet-socket"));
    const program = [process.execPath, bundleProgram("test/abi/run-probe.ts"), core];
    const env = { PATH: "/usr/bin:/bin", ...Object.fromEntries(indexes) };
    expect(parseReport(lab.run(program, { env }))).toEqual(packetAnswers);
  });
});

test("on the simulated machine a packet socket answers as it must", () => {
  const sim = new Sim();
  const lower = sim.addMaster("m0");
  const indexes = INTERFACES.map(([variable, name, mode, isUp]) => {
    const link = createMacvlan(sim.host, { name, lower, mode: MODES[mode] });
    setUp(link, isUp);
    return [variable, `${link.index}`];
  });
  const module = new WebAssembly.Module(readFileSync(compileProbe("packet-socket")));
  const { stdout } = sim.run(module, { env: Object.fromEntries(indexes) });
  expect(parseReport(stdout)).toEqual(packetAnswers);
});
