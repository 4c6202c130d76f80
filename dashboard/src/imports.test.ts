/** Imports point one way: a file can be read without the ones that build on it. */

import { expect, test } from "vitest";

const sources = import.meta.glob<string>("./**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The file that `from` names by `path`, as a key of `sources`; undefined if it is no module of ours. */
function resolved(from: string, path: string): string | undefined {
  const whole = new URL(path, `file:///${from}`).pathname.replace("/", "./");
  return [".ts", ".tsx", "/index.ts"].map((end) => whole + end).find((file) => file in sources);
}

/** Types count, too; what is loaded later (`import("…")`) does not. */
function importsOf(file: string): string[] {
  const paths = [...(sources[file] ?? "").matchAll(/ from "(\.[^"]*)";/g)].map(([, path]) => path!);
  return paths.map((path) => resolved(file, path)).filter((one) => one !== undefined);
}

/** The first circle there is, as the files that import one another in turn. */
function circle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    way.push(file);
    for (const next of graph.get(file) ?? []) {
      const found = visit(next);
      if (found) return found;
    }
    way.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found) return found;
  }
  return undefined;
}

test("no files import each other in a circle", () => {
  const graph = new Map(Object.keys(sources).map((file) => [file, importsOf(file)]));

  expect(graph.get("./api/types/billing.ts")).toContain("./api/types/common.ts");
  expect(circle(graph)).toBeUndefined();
});

test("a circle is found, and told as it runs", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", []],
    ["d", ["b"]],
  ]);

  expect(circle(graph)).toEqual(["b", "d", "b"]);
});
