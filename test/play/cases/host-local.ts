import { everyVersion, type PeerCase } from "../case.ts";

const hostLocal = (ipam: object) => ({
  master: "m0",
  ipam: { type: "host-local", dataDir: "/run/leases", ...ipam },
});
/** The reference's own host-local, under both: at the versions that it knows. */
export const hostLocalCases: PeerCase[] = [
  { name: "host-local", config: hostLocal({ subnet: "10.4.0.0/24" }) },
  {
    name: "host-local, range, gateway and routes",
    config: hostLocal({
      ranges: [
        [
          {
            subnet: "10.4.0.0/16",
            rangeStart: "10.4.3.7",
            rangeEnd: "10.4.3.9",
            gateway: "10.4.9.1",
          },
        ],
      ],
      routes: [{ dst: "0.0.0.0/0" }, { dst: "192.168.9.0/24", gw: "10.4.0.5" }],
    }),
  },
  {
    name: "host-local, dual stack",
    versions: everyVersion.slice(0, -1),
    config: hostLocal({
      ranges: [[{ subnet: "10.4.0.0/24" }], [{ subnet: "fd00:4::/64" }]],
      routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
    }),
  },
  {
    name: "host-local, runtimeConfig.ipRanges",
    config: {
      ...hostLocal({}),
      runtimeConfig: { ipRanges: [[{ subnet: "10.6.0.0/24" }]] },
    },
  },
];
