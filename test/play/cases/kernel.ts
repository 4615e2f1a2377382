import type { PeerCase } from "../case.ts";
import { good, onlyIpam, veth } from "./common.ts";

/** The kernel says no, or would, or says something else than CHECK expects. */
export const kernelCases: PeerCase[] = [
  {
    name: "interface name taken by a macvlan",
    config: good,
    prepare: ({ lab }) => {
      lab.ip("link", "add", "link", "m1", "name", "mv0", "netns", "pod", "type", "macvlan");
    },
    fails: { ADD: 102 },
  },
  {
    name: "a second passthru on the master",
    config: { ...good, mode: "passthru" },
    prepare: ({ lab }) => {
      const mode = ["type", "macvlan", "mode", "passthru"];
      lab.ip("link", "add", "link", "m0", "name", "mv9", "netns", "pod", ...mode);
    },
    fails: { ADD: 101 },
  },
  { name: "master down", config: { ...good, master: "m2" }, fails: { ADD: 100 } },
  {
    name: "duplicate IPv6 address on the segment",
    config: {
      ...onlyIpam({ addresses: [{ address: "fd00:1::3/64", gateway: "fd00:1::1" }] }),
      master: "m1",
    },
    dad: true,
    fails: { ADD: 104 },
  },
  {
    name: "DEL of another kind of link",
    config: { ...good, ipam: {} },
    fails: { ADD: 102 },
    prepare: ({ pod }) => {
      pod.ip(...veth);
    },
  },
];
