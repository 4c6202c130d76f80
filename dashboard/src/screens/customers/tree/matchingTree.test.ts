import { expect, test } from "vitest";

import type { FoundCustomer, PlacedCustomer } from "../../../api/types";
import { matchingTree, type Branch } from "./matchingTree";

const named = (id: string): PlacedCustomer => ({ id, name: id, childCount: 0 });
const match = (...line: string[]): FoundCustomer => ({
  ...named(line.at(-1) ?? ""),
  ancestors: line.slice(0, -1).map(named),
});
const shape = (branches: Branch[]): unknown =>
  branches.map(({ customer, branches: below }) => (below.length ? [customer.id, shape(below)] : customer.id));

test("matches share the ancestors they have in common", () => {
  const tree = matchingTree([match("group", "north"), match("group", "south", "kiosk"), match("lone")]);
  expect(shape(tree)).toEqual([["group", ["north", ["south", ["kiosk"]]]], "lone"]);
});

test("a match that is another match's ancestor appears once", () => {
  const tree = matchingTree([match("group"), match("group", "north")]);
  expect(shape(tree)).toEqual([["group", ["north"]]]);
});
