import { expect, test } from "vitest";

import { columnNames, guess, ignored, mapped, missing, TARGETS } from "./columns";

test("the names of an export are taken as they are", () => {
  const names = TARGETS.map(({ name }) => name);
  const mapping = guess(names);

  expect(names.map((name) => mapping[name])).toEqual(names.map((_, at) => at));
  expect(missing(mapping)).toEqual([]);
});

test.each([
  [["Parent ID", "Customer ID", "From"], { parent: 0, customer: 1, effectiveFrom: 2 }],
  [["ID", "Name", "Parent account", "Since"], { customer: 0, legalName: 1, parent: 2, effectiveFrom: 3 }],
  [["Alias", "id", "parent_id", "E-Mail", "ZIP code", "City"], { customer: 0, parent: 2, email: 3, postcode: 4, town: 5 }],
  [["customer", "Customer", "parent"], { customer: 0, parent: 2 }],
  [["Kunde", ""], {}],
])("%j is understood", (header, expected) => {
  expect(guess(header)).toEqual(expected);
});

test("what is missing and what is ignored is said", () => {
  const header = ["Alias", "Region code", ""];
  const mapping = guess(header);

  expect(missing(mapping).map(({ title }) => title)).toEqual(["Parent"]);
  expect(mapped(mapping).map(({ name }) => name)).toEqual(["customer"]);
  expect(ignored(header, mapping)).toEqual(["Region code", "Column 3"]);
});

test("columns of one name are told apart", () => {
  expect(columnNames(["a", "b ", "a", ""])).toEqual(["a (column 1)", "b", "a (column 3)", "Column 4"]);
});
