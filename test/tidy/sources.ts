import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseAst } from "vitest/node";

/** A node of the syntax tree; offsets are in UTF-16 units. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Source {
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** All files that git keeps; what is not committed yet is nobody's business. */
export function trackedFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" });
  return list.split("\0").filter((file) => file !== "" && fs.existsSync(file));
}

/** The tracked files of our own making in some languages. */
export function sourcesIn(...extensions: readonly string[]): Source[] {
  return trackedFiles()
    .filter((file) => extensions.includes(path.extname(file)))
    .map((file) => {
      const text = fs.readFileSync(file, "utf8");
      return { file, text, lines: text.replace(/\n$/, "").split("\n") };
    });
}

/** AssemblyScript has the syntax of TypeScript. */
export function parse({ file, text }: Source): Node {
  return parseAst(text, { lang: "ts" }, file) as unknown as Node;
}

/** The nodes below a node, itself first, parents before children. */
export function* nodesOf(
  node: Node,
  parents: readonly Node[] = [],
): Generator<[Node, readonly Node[]]> {
  yield [node, parents];
  const below = [node, ...parents];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* nodesOf(child, below);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** The number of the line, from 1, that an offset is in. */
export function lineAt(source: Source, offset: number): number {
  return source.text.slice(0, offset).split("\n").length;
}

/** An `import` or `export ... from` of another file of the repository. */
export interface Import {
  readonly file: string;
  readonly line: number;
  /** What is imported, relative to the repository, without extension. */
  readonly target: string;
  /** `import type`: gone when the program runs. */
  readonly isType: boolean;
}

export function importsOf(source: Source): Import[] {
  const imports: Import[] = [];
  for (const [node] of nodesOf(parse(source))) {
    const from = (node.source as Node | null | undefined)?.value;
    if (typeof from !== "string" || !from.startsWith(".")) continue;
    const target = path.join(path.dirname(source.file), from).replace(/\.(ts|mjs)$/, "");
    const isType = node.importKind === "type" || node.exportKind === "type";
    imports.push({ file: source.file, line: lineAt(source, node.start), target, isType });
  }
  return imports;
}
