import { z } from "zod";
import { macvlanSchema } from "./netconf.ts";
import { CNI_VERSIONS, cniVersion } from "./spec.ts";
import { identifier } from "./text.ts";

/** libcni takes a boolean, or one written as a text. */
const flag = z.union([
  z.boolean(),
  z.string().regex(/^(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$/),
]);

const otherPlugin = z.looseObject({
  type: z
    .string()
    .regex(/^(?!macvlan$)[^/\0]+$/)
    .describe("Name of the plugin executable."),
});

const plugins = z
  .array(z.union([macvlanSchema, otherPlugin]))
  .min(1)
  .refine((list) => list.some((plugin) => plugin.type === "macvlan"), "no macvlan plugin")
  .describe("The plugins of the chain, in the order of ADD.")
  .meta({ contains: { properties: { type: { const: "macvlan" } }, required: ["type"] } });

/** A network configuration list, as in /etc/cni/net.d, that has a macvlan plugin in it. */
export const confListSchema = z.looseObject({
  cniVersion,
  cniVersions: z
    .array(z.enum(CNI_VERSIONS))
    .optional()
    .describe("More versions that the configuration is good for; the runtime takes the highest."),
  name: identifier.describe("Name of the network, unique on the host."),
  disableCheck: flag.optional().describe("The runtime never calls CHECK."),
  disableGC: flag.optional().describe("The runtime never calls GC."),
  loadOnlyInlinedPlugins: flag
    .optional()
    .describe("Do not add the plugins of the folder that has the name of the network."),
  plugins,
});

/** A network configuration list, as in /etc/cni/net.d, that has a macvlan plugin in it. */
export type ConfList = z.input<typeof confListSchema>;
