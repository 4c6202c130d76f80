import { expect, test } from "vitest";

import type { Customer } from "../../api/types";
import { matchingTree, type Branch } from "./family";

const named = (id: string) => ({ id, legalName: id }) as Customer;
const shape = (branches: Branch[]): unknown =>
  branches.map(({ customer, branches: below }) => (below.length ? [customer.id, shape(below)] : customer.id));

test("matches share the ancestors they have in common", () => {
  const lines = [["group", "north"], ["group", "south", "kiosk"], ["lone"]];
  const tree = matchingTree(lines.map((line) => line.map(named)));
  expect(shape(tree)).toEqual([["group", ["north", ["south", ["kiosk"]]]], "lone"]);
});

test("a match that is another match's ancestor appears once", () => {
  const tree = matchingTree([["group"], ["group", "north"]].map((line) => line.map(named)));
  expect(shape(tree)).toEqual([["group", ["north"]]]);
});
