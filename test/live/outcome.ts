import { expect } from "vitest";
import {
  type CniError,
  type CniVersion,
  errorSchema,
  ownErrorSchema,
  type Result110,
  resultSchema,
} from "../../host/schema/index.ts";
import type { CniOutput } from "../../lab/cni.ts";

/** A success that printed exactly the result of one version, and nothing on standard error. */
export function result(output: CniOutput, version: CniVersion = "1.1.0"): Result110 {
  expect(output, output.stdout).toMatchObject({ status: 0, stderr: "" });
  expect(output.json).toEqual(resultSchema(version).parse(output.json));
  return output.json as Result110;
}

/** A success that printed nothing at all. */
export function silent(output: CniOutput): void {
  expect(output).toMatchObject({ status: 0, stdout: "", stderr: "" });
}

/** A failure with one of `codes` and nothing but one error object on standard output. */
export function failure(output: CniOutput, ...codes: readonly number[]): CniError {
  const error = errorSchema.parse(output.json ?? output);
  expect(codes, error.msg).toContain(error.code);
  expect(output.status).toBe(1);
  return error;
}

/** The same, with a code of the plugin's own table. */
export function ownFailure(output: CniOutput, ...codes: readonly number[]): CniError {
  return ownErrorSchema.parse(failure(output, ...codes));
}
