import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../../lab/paths.ts";

/** A fenced block: the language written after the backticks, and the lines between. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** A link or a picture of a document. */
export interface Link {
  readonly text: string;
  readonly target: string;
}

/** A Markdown file of the project. */
export class Document {
  readonly fences: readonly Fence[];
  readonly links: readonly Link[];
  /** Headings as GitHub makes anchors of them. */
  readonly anchors: ReadonlySet<string>;
  /** The texts between backticks. */
  readonly codes: readonly string[];

  /** @param path from the project's root. */
  constructor(readonly path: string) {
    const text = readText(path);
    const fence = /^```(\w*)\n(.*?)^```$/gms;
    this.fences = [...text.matchAll(fence)].map(([, language = "", body = ""]) => ({
      language,
      text: body,
    }));
    const prose = text.replaceAll(fence, "");
    this.links = [...prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].map(
      ([, label = "", target = ""]) => ({ text: label.replaceAll(/\s+/g, " "), target }),
    );
    this.anchors = new Set([...prose.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => slug(title)));
    this.codes = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  }

  /** The blocks of JSON, parsed; a block that is none fails the test that asks. */
  get json(): unknown[] {
    return this.fences
      .filter(({ language }) => language === "json")
      .map(({ text }) => JSON.parse(text));
  }
}

/** Every Markdown file that the project publishes. */
export const documents: readonly Document[] = [
  "README.md",
  "CHANGELOG.md",
  ...filesBelow("docs", ".md"),
  ...filesBelow("examples", ".md"),
].map((path) => new Document(path));

/** The document of a path, which must be one of `documents`. */
export function documentAt(path: string): Document {
  const found = documents.find((document) => document.path === path);
  if (!found) throw new Error(`no document ${path}`);
  return found;
}

/** The files below a folder whose names end so, as paths from the project's root. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
