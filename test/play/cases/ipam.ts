import type { PeerCase } from "../case.ts";
import { installScript } from "../script.ts";
import { always } from "./common.ts";

const scriptedIpam = (name: string, script: string, fails?: PeerCase["fails"]): PeerCase => ({
  name: `ipam ${name}`,
  config: { master: "m0", ipam: { type: "scripted" } },
  prepare: ({ lab }) => installScript(lab, "scripted", script),
  ...(fails === undefined ? {} : { fails }),
});

const result = (json: object) => `echo '${JSON.stringify(json)}'`;

/** IPAM plugins that answer in ways a runtime may meet. */
export const otherIpamCases: PeerCase[] = [
  scriptedIpam(
    "answers at 0.2.0",
    result({ cniVersion: "0.2.0", ip4: { ip: "10.1.2.3/24", gateway: "10.1.2.1" } }),
  ),
  scriptedIpam(
    "answers at 0.4.0",
    result({ cniVersion: "0.4.0", ips: [{ version: "4", address: "10.1.2.3/24" }] }),
  ),
  {
    ...scriptedIpam("answers without a version", result({ ips: [{ address: "10.1.2.3/24" }] })),
    versions: ["1.0.0"],
  },
  scriptedIpam(
    "names an interface of its own",
    result({
      cniVersion: "1.0.0",
      interfaces: [{ name: "x" }, { name: "y", sandbox: "/z" }],
      ips: [{ address: "10.1.2.3/24", interface: 1 }],
    }),
  ),
];

/** IPAM plugins that break the protocol. */
export const ipamCases: PeerCase[] = [
  scriptedIpam(
    "refuses",
    `echo '{"code":77,"msg":"no","details":"not today"}'; exit 1`,
    always(77),
  ),
  scriptedIpam("prints garbage", "echo hello", { ADD: 105 }),
  scriptedIpam("prints nothing", "exit 0", { ADD: 105 }),
  scriptedIpam("fails without a word", "exit 3", always(105)),
  scriptedIpam("fails with garbage", "echo hello; exit 3", always(105)),
  scriptedIpam("killed", "kill -9 $$", always(105)),
  scriptedIpam("prints an error but exits 0", `echo '{"code":77,"msg":"no"}'`, { ADD: 106 }),
  scriptedIpam("of an unknown version", `echo '{"cniVersion":"9.9.9","ips":[]}'`, { ADD: 105 }),
  scriptedIpam("prints two documents", `echo '{"ips":[{"address":"10.1.2.3/24"}]}{"ips":[]}'`, {
    ADD: 105,
  }),
];
