import { startPure } from "../probe/compile.ts";

interface JsonProbe {
  problemOf(document: number): number;
  valuesOf(document: number): number;
  memberOf(document: number, key: number): number;
  writeAs(document: number, isIndented: number): number;
  textField(document: number, key: number): number;
  flagField(document: number, key: number): number;
  integerField(document: number, key: number, lowest: bigint, highest: bigint): number;
  names(document: number): number;
  oneOrMoreField(document: number, key: number): number;
  textsField(document: number, key: number): number;
  listsField(document: number, key: number): number;
  childrenField(document: number, key: number): number;
  childField(document: number, outer: number, inner: number): number;
  threeFields(document: number): number;
}

/** The probe of assembly/json (test/probe/json.ts), which is compiled once for each test file. */
export const probe = startPure<JsonProbe>("json");

/** A document in the probe's memory: text in UTF-8, or bytes. */
export function document(source: string | Uint8Array): number {
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  return probe.__newArrayBuffer(Uint8Array.from(bytes).buffer);
}

/** Why the core refuses a document; empty if it does not. */
export function problemOf(source: string | Uint8Array): string {
  return probe.__getString(probe.problemOf(document(source)));
}

/** Whether JSON.parse accepts the bytes, read as UTF-8 without mercy. */
export function isJson(source: string | Uint8Array): boolean {
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
