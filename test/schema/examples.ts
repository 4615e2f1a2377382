import { expect, test } from "vitest";
import { z } from "zod";
import { generate } from "../../host/schema/generate.ts";

/** A value with the sentence that says what it shows. */
export type Example = readonly [name: string, value: unknown];

/**
 * Tests that a schema accepts every good example and refuses every bad one, and that the JSON
 * Schema published for it does the same.
 *
 * @param file the schema's file in `schema/`.
 */
export function checkExamples(
  file: string,
  schema: z.ZodType,
  good: readonly Example[],
  bad: readonly Example[],
): void {
  const document = generate()[file];
  if (document === undefined) throw new Error(`nothing generates ${file}`);
  const published = z.fromJSONSchema(document as Parameters<typeof z.fromJSONSchema>[0]);
  test.each(good)("accepts %s", (_, value) => {
    expect(schema.safeParse(value).error).toBeUndefined();
    expect(published.safeParse(value).error).toBeUndefined();
  });
  test.each(bad)("refuses %s", (_, value) => {
    expect(schema.safeParse(value).success).toBe(false);
    expect(published.safeParse(value).success).toBe(false);
  });
}
