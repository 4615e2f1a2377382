import { describe, expect, test } from "vitest";
import { CNI_VERSIONS, versionSchema } from "../../host/schema/index.ts";
import { checkExamples } from "./examples.ts";

const supportedVersions = [...CNI_VERSIONS];

describe("the output of VERSION", () => {
  checkExamples(
    "version.schema.json",
    versionSchema,
    [
      ["the newest version", { cniVersion: "1.1.0", supportedVersions }],
      ["an echoed version", { cniVersion: "0.4.0", supportedVersions }],
    ],
    [
      ["no cniVersion", { supportedVersions }],
      ["an empty cniVersion", { cniVersion: "", supportedVersions }],
      ["no list", { cniVersion: "1.1.0" }],
      ["a version less", { cniVersion: "1.1.0", supportedVersions: supportedVersions.slice(1) }],
      ["an unknown key", { cniVersion: "1.1.0", supportedVersions, x: 1 }],
    ],
  );
});

test("the list is in order", () => {
  const reversed = [...supportedVersions].reverse();
  const value = { cniVersion: "1.1.0", supportedVersions: reversed };
  expect(versionSchema.safeParse(value).success).toBe(false);
});
