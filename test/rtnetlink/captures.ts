import fs from "node:fs";
import path from "node:path";

/** What test/fixtures/capture.mjs saved under one name. */
interface Captures<T> {
  /** Versions that were captured from. */
  readonly kernel: string;
  readonly iproute2: string;
  /** The index of each link by name. */
  readonly indexes: Readonly<Record<string, number>>;
  readonly captures: readonly T[];
}

interface Capture {
  readonly name: string;
  /** The command line that made it. */
  readonly command: string;
}

export interface RequestCapture extends Capture {
  readonly request: string;
}

/** Datagrams of the kernel's, hexadecimal, and what ip(8) printed about them. */
export interface ReplyCapture<T> extends Capture {
  readonly received: readonly string[];
  readonly printed: readonly T[];
}

/** Answers to one failing request, from sockets with different options. */
export interface ErrorCapture extends Capture {
  readonly printed: string;
  readonly uncapped: string;
  readonly capped: string;
  readonly wordless: string;
  readonly cappedAndWordless: string;
}

export function loadCaptures<T extends Capture>(name: string): Captures<T> {
  const file = path.join(import.meta.dirname, `../fixtures/${name}.json`);
  return JSON.parse(fs.readFileSync(file, "utf8"));
}
