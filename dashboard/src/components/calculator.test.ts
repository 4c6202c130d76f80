import { expect, test } from "vitest";

import type { Structure } from "../api/types";
import { preview, tierErrors } from "./calculator";

const TIERS = [
  { upperBound: "100", price: "1", fee: "20" },
  { upperBound: null, price: "0.75", fee: "50" },
];
const amount = (structure: Structure, quantity: string) => preview(structure, quantity)?.amount;

test.each([
  ["0", "0"],
  ["0.5", "20.5"],
  ["100", "120"],
  ["101", "170.75"],
  ["125", "188.75"],
])("graduated: %s units come to %s", (quantity, expected) => {
  expect(amount({ pricingType: "GRADUATED", tiers: TIERS }, quantity)).toBe(expected);
});

test.each([
  ["0", "0"],
  ["100", "120"],
  ["125", "143.75"],
])("volume: %s units come to %s", (quantity, expected) => {
  expect(amount({ pricingType: "VOLUME", tiers: TIERS }, quantity)).toBe(expected);
});

test.each([
  ["0", "0"],
  ["0.1", "10"],
  ["250", "10"],
  ["251", "20"],
  ["600", "30"],
])("packages of 250: %s units come to %s", (quantity, expected) => {
  const structure: Structure = { pricingType: "PACKAGE", packageSize: "250", pricePerPackage: "10" };
  expect(amount(structure, quantity)).toBe(expected);
});

test("packages of a third are counted exactly", () => {
  const structure: Structure = { pricingType: "PACKAGE", packageSize: "0.3", pricePerPackage: "1" };
  expect(amount(structure, "0.9")).toBe("3");
});

test("linear and flat prices", () => {
  expect(amount({ pricingType: "LINEAR", pricePerUnit: "0.1" }, "3")).toBe("0.3");
  expect(amount({ pricingType: "FIXED", price: "99" }, "")).toBe("99");
});

test("nothing is shown while something is missing or beyond the last bound", () => {
  expect(preview({ pricingType: "LINEAR", pricePerUnit: "" }, "3")).toBeNull();
  expect(preview({ pricingType: "VOLUME", tiers: [{ upperBound: "10", price: "1" }] }, "11")).toBeNull();
});

test("a tier table says where it is wrong", () => {
  expect(tierErrors(TIERS)).toEqual({});
  expect(
    tierErrors([
      { upperBound: "", price: "1" },
      { upperBound: "0", price: "x" },
    ]),
  ).toEqual({
    "0.upperBound": "Only the last tier may be open. Give its upper bound.",
    "1.upperBound": "Must be above 0, where the tier begins",
    "1.price": "Give a price, 0 if it is free",
  });
});
