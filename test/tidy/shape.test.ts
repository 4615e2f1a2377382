import { expect, test } from "vitest";
import { lineAt, type Node, nodesOf, parse, type Source, sourcesIn } from "./sources.ts";

const COLUMNS = 100;
const LINES_OF_FUNCTION = 70;
const LINES_OF_FILE = 400;
const LINES_OF_FILE_WORTH_A_NOTE = 250;

const all = sourcesIn(".ts", ".mjs", ".c", ".h");
const parsable = sourcesIn(".ts", ".mjs");

test("no line is longer than 100 columns", () => {
  const long = all.flatMap(({ file, lines }) =>
    lines.flatMap((line, i) => ([...line].length > COLUMNS ? [`${file}:${i + 1}`] : [])),
  );
  expect(long).toEqual([]);
});

test("no file is longer than 400 lines", () => {
  const length = ({ file, lines }: Source) => `${file}: ${lines.length}`;
  const noted = all.filter(({ lines }) => lines.length > LINES_OF_FILE_WORTH_A_NOTE);
  if (noted.length > 0) console.log(`more than 250 lines:\n${noted.map(length).join("\n")}`);
  expect(all.filter(({ lines }) => lines.length > LINES_OF_FILE).map(length)).toEqual([]);
});

test("no function is longer than 70 lines", () => {
  expect(parsable.flatMap((source) => longFunctions(source))).toEqual([]);
});

function longFunctions(source: Source): string[] {
  const found: string[] = [];
  for (const [node, parents] of nodesOf(parse(source))) {
    if (!isFunction(node) || isGroupOfTests(parents)) continue;
    const first = lineAt(source, node.start);
    const length = lineAt(source, node.end) - first + 1;
    if (length > LINES_OF_FUNCTION) found.push(`${source.file}:${first}: ${length}`);
  }
  return found;
}

function isFunction({ type }: Node): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type);
}

/** The function given to `describe`, or to `describe.each(...)`, is a list of functions. */
function isGroupOfTests([call]: readonly Node[]): boolean {
  let callee = call?.type === "CallExpression" ? call : undefined;
  while (callee && callee.type !== "Identifier") {
    callee = (callee.callee ?? callee.object ?? callee.tag) as Node | undefined;
  }
  return callee?.name === "describe";
}

test("each function, line and file is seen", () => {
  const source = (text: string) => ({ file: "x.ts", text, lines: text.split("\n") });
  const body = `{\n${"  f();\n".repeat(69)}}`;
  expect(longFunctions(source(`function f(): void ${body}`))).toEqual(["x.ts:1: 71"]);
  expect(longFunctions(source(`"😀";\nclass C {\n  m() ${body}\n}`))).toEqual(["x.ts:3: 71"]);
  expect(longFunctions(source(`const f = () => ${body};`))).toEqual(["x.ts:1: 71"]);
  expect(longFunctions(source(`describe("x", () => ${body});`))).toEqual([]);
  expect(longFunctions(source(`describe.each([1])("x", () => ${body});`))).toEqual([]);
  expect(longFunctions(source(`test("x", () => ${body});`))).toEqual(["x.ts:1: 71"]);
  expect(longFunctions(source(`function f() {\n${"  f();\n".repeat(68)}}`))).toEqual([]);
  expect(all.length).toBeGreaterThan(100);
});
