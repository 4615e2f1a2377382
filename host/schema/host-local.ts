import { z } from "zod";
import { routeConfigSchema } from "./route.ts";
import { ip, subnet } from "./text.ts";

/** The keys of a range; the old style has them in `ipam` itself. */
const range = {
  subnet: subnet.describe("Network that the addresses are of, without host bits."),
  rangeStart: ip.optional().describe("First address. Missing: the one after the network's."),
  rangeEnd: ip
    .optional()
    .describe("Last address. Missing: the one before the broadcast address; in IPv6 the last one."),
  gateway: ip
    .optional()
    .describe(
      "Gateway, which is never handed out. Missing: the first address after the network's.",
    ),
};

/** Range sets: of each, one address is reserved. A set is a list of ranges, used in order. */
export const rangeSetsSchema = z.array(z.array(z.looseObject(range)).min(1));

/** `ipam` of type host-local: addresses out of ranges, with a file on this host for each lease. */
export const hostLocalIpamSchema = z
  .looseObject({
    type: z.literal("host-local"),
    ranges: rangeSetsSchema
      .optional()
      .describe("Range sets, lists of ranges: an address is reserved from each set."),
    subnet: range.subnet.optional().describe("Old style: the subnet of one range set more."),
    rangeStart: range.rangeStart.describe("Old style: first address of `subnet`."),
    rangeEnd: range.rangeEnd.describe("Old style: last address of `subnet`."),
    gateway: range.gateway.describe("Old style: gateway of `subnet`."),
    routes: z.array(routeConfigSchema).optional().describe("Routes to add in the container."),
    resolvConf: z
      .string()
      .optional()
      .describe("Path of a resolv.conf(5) whose settings become the DNS settings of the result."),
    dataDir: z
      .string()
      .optional()
      .describe("Directory of the leases, for all networks. Missing: /var/lib/cni/networks."),
  })
  .describe("Addresses out of ranges, unique on this host.");

export type HostLocalIpam = z.infer<typeof hostLocalIpamSchema>;
