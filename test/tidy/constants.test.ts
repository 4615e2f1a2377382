import { expect, test } from "vitest";
import { type Node, nodesOf, parse, sourcesIn } from "./sources.ts";

const isOfLinux = (file: string) => file.startsWith("assembly/linux/");

test("every number of assembly/linux is used by the core or by a host", () => {
  const sources = sourcesIn(".ts").filter(({ file }) => /^(assembly|host)\//.test(file));
  const used = new Set<unknown>();
  const declared: string[] = [];
  for (const source of sources) {
    for (const [node, parents] of nodesOf(parse(source))) {
      if (isOfLinux(source.file)) {
        if (node.type === "VariableDeclarator") declared.push(String((node.id as Node).name));
      } else if (node.type === "Identifier" && parents[0]?.type !== "ImportSpecifier") {
        used.add(node.name);
      }
    }
  }
  expect(declared.length).toBeGreaterThan(50);
  expect(declared.filter((name) => !used.has(name))).toEqual([]);
});
