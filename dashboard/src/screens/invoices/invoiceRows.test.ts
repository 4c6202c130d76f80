import { expect, test } from "vitest";

import type { LineItem, LineItemGroup, UsageItemGroup } from "../../api/types";
import { groupLines } from "./groupLines";
import { keepAncestors, metricsOf, withAncestors } from "./usageRows";

const row = (customerId: string, path: string[], metrics: string[] = []) =>
  ({
    customerId,
    title: customerId,
    path,
    items: metrics.map((id) => ({ usageMetricId: id, title: id.toUpperCase() })),
  }) as UsageItemGroup;
const ROWS = [row("group", ["group"]), row("north", ["group", "north"], ["m"]), row("south", ["group", "south"])];

test("filtering keeps whoever is above a match", () => {
  expect(keepAncestors(ROWS, "NOR").map(({ customerId }) => customerId)).toEqual(["group", "north"]);
  expect(keepAncestors(ROWS, "").length).toBe(3);
});

test("whoever is above a row and used nothing is put in once", () => {
  const rows = withAncestors([row("a", ["group", "north", "a"]), row("b", ["group", "north", "b"])]);
  expect(rows.map(({ customerId, depth }) => [customerId, depth])).toEqual([
    ["group", 0],
    ["north", 1],
    ["a", undefined],
    ["b", undefined],
  ]);
});

test("every metric becomes one column", () => {
  expect(metricsOf([...ROWS, row("x", ["x"], ["n", "m"])]).map(({ id }) => id)).toEqual(["m", "n"]);
});

test("lines stand below their group, and loose ones last", () => {
  const group = { id: "g", index: 0 } as LineItemGroup;
  const line = (id: string, index: number, groupId?: string) => ({ id, index, groupId }) as LineItem;
  const grouped = groupLines([group], [line("b", 1, "g"), line("loose", 0), line("a", 0, "g")]);
  expect(grouped.map(({ lines }) => lines.map(({ id }) => id))).toEqual([["a", "b"], ["loose"]]);
});
