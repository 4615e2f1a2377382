import { z } from "zod";
import { dnsSchema } from "./dns.ts";
import { route040Schema, route110Schema } from "./route.ts";
import type { CniVersion } from "./spec.ts";
import { cidr, cidr4, cidr6, hardwareAddress, ifname, ip, ipv4, ipv6 } from "./text.ts";

// The result of ADD in each version of the specification, exactly: a key too many fails as a key
// missing does. An array is there only if it holds something.

const VERSION = "Version of the specification that this result follows.";
const FAMILY = "Family of the address.";
const ADDRESS = "Address with prefix length.";
const GATEWAY = "Default gateway of this subnet.";
const INTERFACES = "The interfaces, those of previous plugins of the chain first.";
const IPS = "The addresses.";
const ROUTES = "The routes in the container.";

/** Address, gateway and routes of one family before 0.3.0. */
function family<C extends z.ZodString, A extends z.ZodString>(prefix: C, address: A) {
  const route = z.strictObject({
    dst: prefix.describe("Destination."),
    gw: address.optional().describe("Next hop."),
  });
  return z.strictObject({
    ip: prefix.describe(ADDRESS),
    gateway: address.optional().describe(GATEWAY),
    routes: z.array(route).min(1).optional().describe("Routes of this family."),
  });
}

/** 0.1.0 and 0.2.0: one address of each family, no interfaces; `dns` always. */
export const result020Schema = z.strictObject({
  cniVersion: z.enum(["0.1.0", "0.2.0"]).describe(VERSION),
  ip4: family(cidr4, ipv4).optional().describe("The IPv4 address, if any."),
  ip6: family(cidr6, ipv6).optional().describe("The IPv6 address, if any."),
  dns: dnsSchema,
});

const interface040 = z.strictObject({
  name: ifname.describe("Name of the interface."),
  mac: hardwareAddress.optional().describe("Its hardware address."),
  sandbox: z
    .string()
    .min(1)
    .optional()
    .describe("CNI_NETNS; missing for an interface of the host."),
});

const interface110 = interface040.extend({
  mtu: z.int().min(1).optional().describe("Its MTU in bytes."),
  socketPath: z.string().regex(/^\//).optional().describe("Absolute path of its socket file."),
  pciID: z.string().min(1).optional().describe("PCI id of its device."),
});

const address100 = z.strictObject({
  interface: z.int().min(0).optional().describe("Index into `interfaces`."),
  address: cidr.describe(ADDRESS),
  gateway: ip.optional().describe(GATEWAY),
});

const address040 = z.discriminatedUnion("version", [
  address100.extend({
    version: z.literal("4").describe(FAMILY),
    address: cidr4.describe(ADDRESS),
    gateway: ipv4.optional().describe(GATEWAY),
  }),
  address100.extend({
    version: z.literal("6").describe(FAMILY),
    address: cidr6.describe(ADDRESS),
    gateway: ipv6.optional().describe(GATEWAY),
  }),
]);

/** True if every address that names an interface names one of the list. */
function pointsInside(result: {
  interfaces?: readonly unknown[] | undefined;
  ips?: readonly { readonly interface?: number | undefined }[] | undefined;
}): boolean {
  const count = result.interfaces?.length ?? 0;
  return (result.ips ?? []).every((item) => (item.interface ?? -1) < count);
}

const OUTSIDE = "an `interface` index outside `interfaces`";

/** 0.3.0, 0.3.1 and 0.4.0: every address says its family; `dns` always. */
export const result040Schema = z
  .strictObject({
    cniVersion: z.enum(["0.3.0", "0.3.1", "0.4.0"]).describe(VERSION),
    interfaces: z.array(interface040).min(1).optional().describe(INTERFACES),
    ips: z.array(address040).min(1).optional().describe(IPS),
    routes: z.array(route040Schema).min(1).optional().describe(ROUTES),
    dns: dnsSchema,
  })
  .refine(pointsInside, OUTSIDE);

/** From 1.0.0 on `dns` is there only if it says something. */
const dns100 = dnsSchema.refine((dns) => Object.keys(dns).length > 0, "an empty `dns`").optional();

/** 1.0.0. */
export const result100Schema = z
  .strictObject({
    cniVersion: z.literal("1.0.0").describe(VERSION),
    interfaces: z.array(interface040).min(1).optional().describe(INTERFACES),
    ips: z.array(address100).min(1).optional().describe(IPS),
    routes: z.array(route040Schema).min(1).optional().describe(ROUTES),
    dns: dns100,
  })
  .refine(pointsInside, OUTSIDE);

/** 1.1.0. */
export const result110Schema = z
  .strictObject({
    cniVersion: z.literal("1.1.0").describe(VERSION),
    interfaces: z.array(interface110).min(1).optional().describe(INTERFACES),
    ips: z.array(address100).min(1).optional().describe(IPS),
    routes: z.array(route110Schema).min(1).optional().describe(ROUTES),
    dns: dns100,
  })
  .refine(pointsInside, OUTSIDE);

/** The result of ADD in any version; `cniVersion` says which. */
export const anyResultSchema = z.discriminatedUnion("cniVersion", [
  result020Schema,
  result040Schema,
  result100Schema,
  result110Schema,
]);

export type Result020 = z.infer<typeof result020Schema>;
export type Result040 = z.infer<typeof result040Schema>;
export type Result100 = z.infer<typeof result100Schema>;
export type Result110 = z.infer<typeof result110Schema>;
export type Result = z.infer<typeof anyResultSchema>;

/** The schema of the result of ADD at one version; a result of another version fails. */
export function resultSchema(version: CniVersion): z.ZodType<Result> {
  return anyResultSchema.refine((result) => result.cniVersion === version, {
    path: ["cniVersion"],
    message: `not a result of version ${version}`,
  });
}
