import { describe, expect, test } from "vitest";
import { errorSchema, ownErrorSchema } from "../../host/schema/index.ts";
import { checkExamples } from "./examples.ts";

const error = { cniVersion: "1.1.0", code: 7, msg: "missing network name" };

describe("an error object", () => {
  checkExamples(
    "error.schema.json",
    errorSchema,
    [
      ["a code of the specification", error],
      ["details", { ...error, details: "a/b" }],
      ["the code of a delegated plugin", { ...error, code: 999 }],
    ],
    [
      ["no code", { cniVersion: "1.1.0", msg: "x" }],
      ["no message", { cniVersion: "1.1.0", code: 7 }],
      ["an empty message", { ...error, msg: "" }],
      ["no version", { code: 7, msg: "x" }],
      ["a negative code", { ...error, code: -1 }],
      ["a code that is a text", { ...error, code: "7" }],
      ["a fraction", { ...error, code: 7.5 }],
      ["empty details", { ...error, details: "" }],
      ["an unknown key", { ...error, hint: "x" }],
    ],
  );
});

test("our own errors have a code of the table", () => {
  const accepted = [0, 1, 9, 11, 50, 100, 109, 110, 111, 999].filter(
    (code) => ownErrorSchema.safeParse({ ...error, code }).success,
  );
  expect(accepted).toEqual([1, 11, 50, 100, 109, 110, 111]);
});
