import type { PeerCase, Place } from "../case.ts";
import { good, onlyIpam, veth } from "./common.ts";

/** CHECK after something happened to the interface. */
const tampered = (name: string, ...words: string[][]): PeerCase => ({
  name: `CHECK, ${name}`,
  config: {
    mtu: 1400,
    ...onlyIpam({
      addresses: [{ address: "10.1.2.3/24", gateway: "10.1.2.1" }],
      routes: [{ dst: "0.0.0.0/0" }, { dst: "10.9.0.0/16", gw: "10.1.2.2" }],
    }),
  },
  tamper: ({ pod }: Place) => {
    for (const command of words) pod.ip(...command);
  },
  fails: { CHECK: 107 },
  versions: ["0.4.0", "1.0.0"],
});

export const checkCases: PeerCase[] = [
  tampered("interface gone", ["link", "delete", "mv0"]),
  tampered("address gone", ["addr", "flush", "dev", "mv0"]),
  tampered(
    "address changed",
    ["addr", "flush", "dev", "mv0"],
    ["addr", "add", "10.1.2.4/24", "dev", "mv0"],
  ),
  tampered("route gone", ["route", "delete", "10.9.0.0/16"]),
  tampered("default route gone", ["route", "delete", "default"]),
  tampered("mac changed", ["link", "set", "mv0", "address", "02:00:00:00:00:99"]),
  tampered("mode changed", ["link", "set", "mv0", "type", "macvlan", "mode", "vepa"]),
  tampered("mtu changed", ["link", "set", "mv0", "mtu", "1300"]),
  tampered("interface replaced by a veth", ["link", "delete", "mv0"], veth),
  {
    name: "CHECK without prevResult",
    config: good,
    prevResult: null,
    versions: ["0.4.0", "1.0.0"],
    fails: { CHECK: 7 },
  },
  {
    name: "CHECK not in this version",
    config: good,
    versions: ["0.2.0", "0.3.1"],
    fails: { CHECK: 1 },
  },
];
