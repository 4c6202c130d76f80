import { expect, test } from "vitest";

import type { SpendBranch } from "../../../api/types";
import { part } from "./share";
import { partsWithin, tiles } from "./tiles";

const amounts = (net: string) => ({ netTotal: net, totalTax: "0.00", grossTotal: net });
const branch = (name: string, net: string, more: Partial<SpendBranch> = {}): SpendBranch => ({
  ...amounts(net),
  customerId: name,
  name,
  own: amounts("0.00"),
  childCount: 0,
  children: [],
  ...more,
});

test("children come first, then the rest of them, then the customer itself", () => {
  const found = tiles(
    branch("Group", "10.00", {
      own: amounts("1.00"),
      childCount: 4,
      children: [branch("North", "5.00"), branch("South", "3.00")],
      others: { ...amounts("1.00"), customerCount: 2 },
    }),
  );

  expect(found.map(({ name, kind, amounts: { netTotal } }) => [name, kind, netTotal])).toEqual([
    ["North", "child", "5.00"],
    ["South", "child", "3.00"],
    ["2 others", "others", "1.00"],
    ["Group itself", "own", "1.00"],
  ]);
});

test.each([
  ["4.00", ["North", "2 others"]],
  ["4.01", []],
])("a child of 8.00 whose rest is %s is drawn with %j", (rest, names) => {
  const found = partsWithin(
    branch("Group", "8.00", {
      children: [branch("North", "3.99")],
      others: { ...amounts(rest), customerCount: 2 },
    }),
  );

  expect(found.map(({ name }) => name)).toEqual(names);
});

test("a customer without children is all there is of it", () => {
  expect(tiles(branch("Site", "0.00")).map(({ kind }) => kind)).toEqual(["own"]);
  expect(tiles(branch("Group", "5.00", { childCount: 1, children: [branch("North", "5.00")] }))).toHaveLength(1);
});

test.each([
  ["1", "3", "33.3 %"],
  ["-1.00", "4", "-25.0 %"],
  ["0.00", "0.00", "–"],
])("%s of %s is %s", (value, whole, text) => {
  expect(part(value, whole)).toBe(text);
});
