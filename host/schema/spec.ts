import { z } from "zod";

/** The versions of the CNI specification that the plugin speaks, oldest first. */
export const CNI_VERSIONS = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
] as const;

export type CniVersion = (typeof CNI_VERSIONS)[number];

export const cniVersion = z
  .enum(CNI_VERSIONS)
  .describe("Version of the CNI specification. Missing means 0.1.0.");
