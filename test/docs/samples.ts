import type { z } from "zod";
import { confListSchema } from "../../host/schema/conflist.ts";
import { errorSchema } from "../../host/schema/error.ts";
import { macvlanSchema, netConfSchema } from "../../host/schema/netconf.ts";
import { anyResultSchema } from "../../host/schema/result.ts";
import { versionSchema } from "../../host/schema/version.ts";
import { filesBelow, readText } from "./documents.ts";

/**
 * What a JSON document of the documentation claims to be, by its keys; undefined for none of ours.
 */
export function schemaOf(sample: object): z.ZodType | undefined {
  if ("plugins" in sample) return confListSchema;
  if ("supportedVersions" in sample) return versionSchema;
  if ("msg" in sample) return errorSchema;
  if ("type" in sample) return "name" in sample ? netConfSchema : macvlanSchema;
  return "cniVersion" in sample ? anyResultSchema : undefined;
}

/** The macvlan configurations in a sample: itself, or those of its list. */
export function macvlansOf(sample: object): Record<string, unknown>[] {
  const plugins = "plugins" in sample ? (sample.plugins as object[]) : [sample];
  return plugins.filter((plugin) => "type" in plugin && plugin.type === "macvlan") as Record<
    string,
    unknown
  >[];
}

/** The configuration list in a NetworkAttachmentDefinition: the block of its key `config`. */
export function configOf(yaml: string): object {
  const block = /^( *)config: \|\n((?:\1 {2}.*\n)+)/m.exec(yaml);
  return JSON.parse(block?.[2] ?? "");
}

/** The configuration lists in examples/, by path. */
export const examples: ReadonlyArray<readonly [path: string, list: object]> = [
  ...filesBelow("examples", ".conflist").map((path) => [path, JSON.parse(readText(path))] as const),
  ...filesBelow("examples", ".yaml").map((path) => [path, configOf(readText(path))] as const),
];
