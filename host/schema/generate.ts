import { z } from "zod";
import { confListSchema } from "./conflist.ts";
import { errorSchema } from "./error.ts";
import { netConfSchema } from "./netconf.ts";
import { anyResultSchema } from "./result.ts";
import { versionSchema } from "./version.ts";

const DOCUMENTS: Record<string, { readonly title: string; readonly schema: z.ZodType }> = {
  "conflist.schema.json": {
    title: "CNI network configuration list with a macvlan plugin",
    schema: confListSchema,
  },
  "netconf.schema.json": {
    title: "CNI network configuration of macvlan, as on standard input",
    schema: netConfSchema,
  },
  "result.schema.json": { title: "Result of CNI ADD, every version", schema: anyResultSchema },
  "error.schema.json": { title: "CNI error", schema: errorSchema },
  "version.schema.json": { title: "Output of CNI VERSION", schema: versionSchema },
};

/** The JSON Schema (draft 2020-12) of each document, by the name of its file in `schema/`. */
export function generate(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(DOCUMENTS).map(([file, { title, schema }]) => {
      const { $schema, ...body } = z.toJSONSchema(schema, { io: "input" });
      return [file, { $schema, title, ...body }];
    }),
  );
}
