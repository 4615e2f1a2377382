import { z } from "zod";
import { CNI_VERSIONS } from "./spec.ts";

/** The output of VERSION. */
export const versionSchema = z.strictObject({
  cniVersion: z
    .string()
    .min(1)
    .describe("The newest version of the specification that the plugin speaks."),
  supportedVersions: z
    .array(z.enum(CNI_VERSIONS))
    .length(CNI_VERSIONS.length)
    .refine((list) => list.join() === CNI_VERSIONS.join(), "not each version once, oldest first")
    .describe("Every version of the specification that the plugin speaks, oldest first."),
});

export type VersionResult = z.infer<typeof versionSchema>;
