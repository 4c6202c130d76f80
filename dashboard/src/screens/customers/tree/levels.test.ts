import { expect, test } from "vitest";

import { PAGE_SIZE } from "../../../api/families";
import type { PlacedCustomer } from "../../../api/types";
import { buildLevel, TOP, type Held } from "./buildLevels";
import { isBelow, parentRow, readRows, rowAt, rowKey, rowOfKey, type Level } from "./levels";

const named = (id: string, childCount = 0): PlacedCustomer => ({ id, name: id, childCount });
const whole = (...items: PlacedCustomer[]): Held => ({ total: items.length, pages: new Map([[0, items]]) });

/** Two at the top; below the first a million, of whom two pages are read; below one of these another. */
function large(open: string[]): Level {
  const page = (number: number) =>
    Array.from({ length: PAGE_SIZE }, (_, place) => {
      const index = number * PAGE_SIZE + place;
      return named(`c${index}`, index === 500_007 ? 2 : 0);
    });
  const held = new Map<string | null, Held>([
    [null, whole(named("group", 1_000_000), named("lone"))],
    ["group", { total: 1_000_000, pages: new Map([0, 5_000].map((number) => [number, page(number)])) }],
    ["c500007", whole(named("shop"), named("store"))],
  ]);
  const source = {
    held: (id: string | null) => held.get(id),
    isOpen: (id: string) => open.includes(id),
  };
  return buildLevel(source, TOP);
}

const ALL = ["group", "c500007"];
const nameAt = (top: Level, at: number) => rowAt(top, at).customer?.name;

test("rows are counted through whatever is open", () => {
  const top = large(ALL);
  expect(top.rows).toBe(1_000_004);
  expect([0, 1, 500_008, 500_009, 500_010, 500_011].map((at) => nameAt(top, at))).toEqual([
    "group",
    "c0",
    "c500007",
    "shop",
    "store",
    "c500008",
  ]);
  expect(nameAt(top, top.rows - 1)).toBe("lone");
});

test("a row that is not read yet has its place all the same", () => {
  const row = rowAt(large(ALL), 700_000);
  expect(row.customer).toBeUndefined();
  expect([row.index, row.level.parentId, row.level.depth]).toEqual([699_997, "group", 2]);
});

test("what is closed takes no rows", () => {
  const top = large([]);
  expect(top.rows).toBe(2);
  expect([nameAt(top, 0), nameAt(top, 1), rowAt(top, 0).expanded, rowAt(top, 1).expanded]).toEqual([
    "group",
    "lone",
    false,
    undefined,
  ]);
});

test("every row that is read is found at its place and by its key", () => {
  const top = large(ALL);
  let count = 0;
  for (const row of readRows(top)) {
    expect(rowAt(top, row.at)).toEqual(row);
    expect(rowOfKey(top, rowKey(row))).toEqual(row);
    count += 1;
  }
  expect(count).toBe(2 + 2 * PAGE_SIZE + 2);
});

test("a row knows who is above it", () => {
  const top = large(ALL);
  const shop = rowAt(top, 500_009);
  expect(parentRow(shop.level)?.customer?.name).toBe("c500007");
  expect(["c500007", "group", "lone"].map((id) => isBelow(shop.level, id))).toEqual([true, true, false]);
  expect(parentRow(top)).toBeUndefined();
});

test("a level that is not read yet has as many rows as its parent has children", () => {
  const source = {
    held: (id: string | null) => (id === null ? whole(named("group", 7)) : undefined),
    isOpen: () => true,
  };
  expect(buildLevel(source, TOP).rows).toBe(8);
});

test("what was found stands below its ancestors and opens further", () => {
  const branches = [{ customer: named("group", 5), branches: [{ customer: named("north", 1), branches: [] }] }];
  const source = {
    held: (id: string | null) => (id === "north" ? whole(named("kiosk")) : undefined),
    isOpen: (id: string, otherwise: boolean) => id === "north" || otherwise,
  };
  const top = buildLevel(source, TOP, branches);
  expect([...readRows(top)].map((row) => row.customer?.name)).toEqual(["group", "north", "kiosk"]);
});
