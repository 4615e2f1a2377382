import { z } from "zod";
import { dnsConfigSchema } from "./dns.ts";
import { hostLocalIpamSchema } from "./host-local.ts";
import { routeConfigSchema } from "./route.ts";
import { cidr, ip } from "./text.ts";

/** No address at all: `ipam` is `{}` or has an empty `type`. */
const layer2 = z
  .strictObject({ type: z.literal("").optional() })
  .describe("No IPAM: the interface gets no address (layer 2 only).");

/** `ipam` of type static: addresses written down in the configuration. */
export const staticIpamSchema = z
  .looseObject({
    type: z.literal("static"),
    addresses: z
      .array(
        z.looseObject({
          address: cidr.describe("Address with prefix length."),
          gateway: ip.optional().describe("Gateway of this subnet."),
        }),
      )
      .optional()
      .describe(
        "Addresses of the interface. args.cni.ips replaces them, runtimeConfig.ips replaces both.",
      ),
    routes: z.array(routeConfigSchema).optional().describe("Routes to add in the container."),
    dns: dnsConfigSchema.optional(),
  })
  .describe("Addresses written down in this configuration.");

/** `ipam` of any other type: its keys are that plugin's business. */
const delegated = z
  .looseObject({
    type: z
      .string()
      .regex(/^(?!(?:static|host-local)$)[^/\0]+$/)
      .describe("Name of the IPAM plugin, looked up on CNI_PATH: dhcp, whereabouts, ..."),
  })
  .describe("Addresses from another IPAM plugin, which reads the other keys.");

export const ipamSchema = z
  .union([staticIpamSchema, hostLocalIpamSchema, delegated, layer2])
  .nullable()
  .describe("Where addresses come from. Missing, null or {}: layer 2 only.");

export type StaticIpam = z.infer<typeof staticIpamSchema>;
