import { z } from "zod";

/** The error codes of the specification (SPEC, "Error") and, from 100 on, of this plugin. */
export const ERROR_CODES = {
  1: "incompatible CNI version",
  2: "unsupported value in the network configuration",
  3: "unknown container",
  4: "invalid or missing environment variable",
  5: "I/O failure",
  6: "cannot decode the network configuration",
  7: "invalid network configuration",
  8: "CNI_NETNS is the plugin's own network namespace",
  11: "try again later",
  50: "the plugin is not available",
  51: "the plugin is not available, existing containers may have limited connectivity",
  100: "the master is missing, down or unable to carry a macvlan",
  101: "the kernel refused to create the link",
  102: "the interface name already exists in the container",
  103: "the kernel refused to configure the interface",
  104: "duplicate address",
  105: "the IPAM plugin could not be run or broke the protocol",
  106: "the IPAM result is unusable",
  107: "CHECK found a difference",
  108: "a system facility failed",
  109: "DEL could not remove the interface",
  110: "no address is free",
  111: "host and pod could not be given a way to each other, or it could not be removed",
} as const;

/** An error object on standard output. `code` may also be that of a delegated plugin. */
export const errorSchema = z.strictObject({
  cniVersion: z.string().min(1).describe("Version of the network configuration."),
  code: z
    .int()
    .min(0)
    .describe("What kind of failure. 1 to 99: the specification; 100 and up: the plugin's own."),
  msg: z.string().min(1).describe("What failed, on which object, why."),
  details: z.string().min(1).optional().describe("More, such as the offending value."),
});

const ownCodes = Object.keys(ERROR_CODES).map(Number);

/** An error object that this plugin wrote itself: a code of the table, never a bare 0 or 999. */
export const ownErrorSchema = errorSchema.extend({ code: z.literal(ownCodes) });

export type CniError = z.infer<typeof errorSchema>;
