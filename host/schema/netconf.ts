import { z } from "zod";
import { dnsConfigSchema } from "./dns.ts";
import { rangeSetsSchema } from "./host-local.ts";
import { ipamSchema } from "./ipam.ts";
import { routeConfigSchema } from "./route.ts";
import { cniVersion } from "./spec.ts";
import {
  cidr,
  identifier,
  ifname,
  ip,
  ipOrCidr,
  linkSysctl,
  mac,
  masterSelector,
  uint32,
  wholeNumber,
} from "./text.ts";

/** An attachment in the list of GC: a container and the interface in it. */
const attachment = z.looseObject({
  containerID: identifier.describe("Id of the container."),
  ifname: ifname.describe("Name of the interface in the container."),
});
const attachments = z.array(attachment).nullable();

const linkSysctls = z.record(linkSysctl, wholeNumber);

/** What an administrator writes for macvlan: one element of `plugins` in a configuration list. */
export const macvlanSchema = z.looseObject({
  type: z.literal("macvlan").describe("Name of the plugin executable."),
  master: masterSelector
    .or(z.literal(""))
    .or(z.array(masterSelector).min(1).max(16))
    .optional()
    .describe(
      "The parent interface: a name, alternative name, pattern (ens*), MAC address, or subnet of" +
        " an address of it; or a list of these, of which the first usable one is taken. Missing" +
        " or empty: the interface of the default route.",
    ),
  masterUp: z.boolean().optional().describe("A master that is down is set up."),
  mode: z
    .enum(["", "bridge", "private", "vepa", "passthru", "source"])
    .optional()
    .describe(
      "macvlan mode. Missing or empty: bridge. passthru takes the whole master; source takes" +
        " frames from `sourceMacs` alone.",
    ),
  sourceMacs: z
    .array(mac)
    .max(1024)
    .optional()
    .describe("Mode source: the MAC addresses from which frames are taken."),
  nodst: z
    .boolean()
    .optional()
    .describe("Mode source: a frame that it takes is not given to the other macvlans. Linux 5.13."),
  nopromisc: z.boolean().optional().describe("Mode passthru: the master is not made promiscuous."),
  mtu: z
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe("MTU in bytes, at most that of the master. Missing or 0: the master's."),
  mac: mac
    .or(z.literal(""))
    .optional()
    .describe(
      "MAC address of the interface. CNI_ARGS MAC= goes before it, runtimeConfig.mac before both." +
        " Missing or empty: a random one.",
    ),
  linkInContainer: z
    .boolean()
    .optional()
    .describe("Look the master up in the container's network namespace, not in the host's."),
  bcqueuelen: uint32
    .optional()
    .describe("Length of the queue of received broadcasts. Missing or 0: the kernel's default."),
  bclim: z
    .int()
    .min(-1)
    .max(0x7fff_ffff)
    .optional()
    .describe(
      "Multicast that more macvlans than these want is queued as broadcast is. -1: nothing is" +
        " queued. Linux 6.4; it is the master's, for all of its macvlans. Missing: as it is.",
    ),
  promisc: z.boolean().optional().describe("The interface takes frames for all MAC addresses."),
  allmulti: z.boolean().optional().describe("The interface takes frames for all multicast groups."),
  txQLen: uint32
    .optional()
    .describe("Length of the transmit queue, in frames. Missing or 0: the kernel's default."),
  group: uint32.optional().describe("Number of the group of interfaces that it is in. Missing: 0."),
  alias: z.string().max(255).optional().describe("Text for people: the alias of the interface."),
  sysctl: linkSysctls
    .optional()
    .describe("Sysctls of the interface: IFNAME stands for its name. Values are whole numbers."),
  synchronousDelete: z
    .boolean()
    .optional()
    .describe(
      "DEL ends only when the kernel has let go of the interface's memory, and not already when" +
        " the interface is gone.",
    ),
  strict: z
    .boolean()
    .optional()
    .describe("A key that is not known is an error, and not only a warning."),
  ipam: ipamSchema.optional(),
  dns: dnsConfigSchema.optional(),
  args: z
    .looseObject({
      cni: z
        .looseObject({
          ips: z.array(ipOrCidr).optional().describe("Addresses asked for, for the IPAM plugin."),
        })
        .optional()
        .describe("Metadata under the names that the CNI conventions give."),
    })
    .optional()
    .describe("Optional metadata, passed through by the runtime."),
  capabilities: z
    .record(z.string(), z.boolean())
    .optional()
    .describe("What the runtime may pass in runtimeConfig: mac, ips, ..."),
});

/** What the runtime fills in for the capabilities that are declared. */
export const runtimeConfigSchema = z
  .looseObject({
    mac: mac.or(z.literal("")).optional().describe("MAC address of the interface."),
    ips: z.array(ipOrCidr).optional().describe("Addresses asked for, for the IPAM plugin."),
    ipRanges: rangeSetsSchema
      .optional()
      .describe("Range sets for the IPAM plugin host-local, before those of `ipam`."),
  })
  .describe("Set by the runtime for the capabilities that the configuration declares.");

/** 0.1.0 and 0.2.0: one address a family, its routes inside it. */
const oldAddress = z
  .looseObject({
    ip: cidr.describe("Address with prefix length."),
    gateway: ip.nullable().optional().describe("Gateway of this subnet."),
    routes: z.array(routeConfigSchema).nullable().optional().describe("The routes added so far."),
  })
  .nullable()
  .optional();

/** A result that some plugin made and a runtime handed on: more forms than our own results have. */
export const prevResultSchema = z.looseObject({
  cniVersion: cniVersion.optional(),
  interfaces: z
    .array(
      z.looseObject({
        name: ifname.describe("Name of the interface."),
        mac: z.string().optional().describe("Its hardware address."),
        mtu: uint32.optional().describe("Its MTU in bytes."),
        sandbox: z.string().optional().describe("Its namespace; none for one of the host."),
      }),
    )
    .nullable()
    .optional()
    .describe("The interfaces made so far."),
  ips: z
    .array(
      z.looseObject({
        interface: z
          .int()
          .min(0)
          .max(0x7fff_ffff)
          .nullable()
          .optional()
          .describe("Index into `interfaces`."),
        address: cidr.describe("Address with prefix length."),
        gateway: ip.nullable().optional().describe("Gateway of this subnet."),
      }),
    )
    .nullable()
    .optional()
    .describe("The addresses given so far."),
  routes: z.array(routeConfigSchema).nullable().optional().describe("The routes added so far."),
  ip4: oldAddress.describe("Before 0.3.0: the IPv4 address."),
  ip6: oldAddress.describe("Before 0.3.0: the IPv6 address."),
  dns: dnsConfigSchema.nullable().optional().describe("DNS settings of the network."),
});

/** The network configuration of macvlan as the plugin gets it on standard input. */
export const netConfSchema = macvlanSchema.extend({
  cniVersion: cniVersion.optional(),
  name: identifier.describe("Name of the network, unique on the host."),
  runtimeConfig: runtimeConfigSchema.optional(),
  prevResult: prevResultSchema
    .nullable()
    .optional()
    .describe("Result of the previous plugin of the chain; on CHECK and DEL the result of ADD."),
  "cni.dev/valid-attachments": attachments
    .optional()
    .describe(
      "GC: the attachments that are still in use. Missing or null: nothing is freed. []: all is.",
    ),
  "cni.dev/attachments": attachments.optional().describe("GC: the same under an older name."),
});

/** The network configuration of macvlan as the plugin gets it on standard input. */
export type NetConf = z.input<typeof netConfSchema>;
/** One attachment of a container to a network. */
export type Attachment = z.infer<typeof attachment>;
