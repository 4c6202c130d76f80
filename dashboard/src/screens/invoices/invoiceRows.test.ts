import { expect, test } from "vitest";

import type { LineItem, LineItemGroup, Price, UsageItemGroup } from "../../api/types";
import { groupLines } from "./groupLines";
import { billedTogether, keepAncestors, metricsOf, withAncestors, withShare } from "./usageRows";

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

test("what was billed is told per metric, unless it was measured for several periods", () => {
  const price = (id: string, usageMetricId?: string) => ({ id, structure: { usageMetricId } }) as Price;
  const line = (priceId: string, quantity: string, startDate = "2026-02-01") =>
    ({ priceId, quantity, servicePeriod: { startDate, endDate: "2026-02-28" } }) as LineItem;
  const prices = [price("gate", "flights"), price("apron", "flights"), price("sign", "places"), price("fee")];

  const lines = [line("gate", "5"), line("apron", "5"), line("sign", "2"), line("fee", "1")];
  expect(Array.from(billedTogether(lines, prices))).toEqual([
    ["flights", "5"],
    ["places", "2"],
  ]);
  const parted = [line("sign", "2"), line("sign", "2", "2026-02-15"), line("sign", "2")];
  expect(billedTogether(parted, prices).size).toBe(0);
});

test("an adjustment says nothing of what was used in the period", () => {
  const prices = [{ id: "gate", structure: { usageMetricId: "flights" } } as Price];
  const line = { priceId: "gate", quantity: "8", servicePeriod: { startDate: "2026-03-01" } } as LineItem;
  const late = { ...line, quantity: "5", servicePeriod: { startDate: "2026-02-01" }, adjusts: {} } as LineItem;

  expect(billedTogether([line, late], prices).get("flights")).toBe("8");
});

test("what prices for different customers measured adds up", () => {
  const price = (id: string, restrictToCustomers?: string[]) =>
    ({ id, structure: { usageMetricId: "flights" }, restrictToCustomers }) as Price;
  const line = (priceId: string, quantity: string) => ({ priceId, quantity }) as LineItem;
  const prices = [price("gate"), price("kilo", ["k", "l"]), price("tax", ["l", "k"])];

  const billed = billedTogether([line("gate", "5.5"), line("kilo", "5.5"), line("tax", "5.5")], prices);
  expect(billed.get("flights")).toBe("11");
  expect(billedTogether([line("kilo", "1"), line("tax", "2")], prices).size).toBe(0);
});

test("a unit stands beside a title that does not say it", () => {
  const items = [
    { usageMetricId: "a", title: "Miles flown", unit: "miles" },
    { usageMetricId: "b", title: "Longest flight", unit: "miles" },
  ];
  const found = metricsOf([{ ...row("one", ["one"]), items } as UsageItemGroup]);
  expect(found.map(({ unit }) => unit)).toEqual([undefined, "miles"]);
});

test("the payer's share is put into its row alone, where it has one", () => {
  expect(withShare(ROWS, "group", "500.00").map(({ netTotal }) => netTotal)).toEqual([
    "500.00",
    undefined,
    undefined,
  ]);
  expect(withShare(ROWS, "group")).toEqual(ROWS);
});
