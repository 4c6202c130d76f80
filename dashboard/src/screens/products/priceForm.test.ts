import { expect, test } from "vitest";

import { EMPTY_TIER, NEW_PRICE, priceBody, priceErrors, structureBody, type PriceValues } from "./priceForm";

const priced = (structure: Partial<PriceValues["structure"]>): PriceValues => ({
  ...NEW_PRICE,
  structure: { ...NEW_PRICE.structure, usageMetricId: "m", ...structure },
});

test("percent become fractions, and a fee stays money", () => {
  const values = priced({
    pricingType: "VOLUME",
    isPricePercentage: true,
    tiers: [{ ...EMPTY_TIER, price: "2", fee: "0.30", minPrice: "1", maxPrice: "10" }],
  });

  expect(structureBody(values)).toEqual({
    pricingType: "VOLUME",
    usageMetricId: "m",
    tiers: [
      {
        upperBound: undefined,
        price: "0.02",
        fee: "0.30",
        isPricePercentage: true,
        minPrice: "1",
        maxPrice: "10",
      },
    ],
  });
});

test("a price that was percent and became a package has no percentage left", () => {
  const values = priced({
    pricingType: "PACKAGE",
    isPricePercentage: true,
    packageSize: "250",
    pricePerPackage: "10",
  });

  expect(structureBody(values)).toEqual({
    pricingType: "PACKAGE",
    packageSize: "250",
    pricePerPackage: "10",
    usageMetricId: "m",
  });
});

test("only the fields of the chosen model are asked for", () => {
  const named = { ...priced({ pricingType: "FIXED", price: "x" }), productId: "p", name: "Base fee" };
  expect(priceErrors(named)).toEqual({ "structure.price": "Give a number, such as 12.50" });
});

test("only periodic tiers say for how long they go on", () => {
  const of = (usageCalculationMode: PriceValues["structure"]["usageCalculationMode"]) =>
    priceBody(priced({ pricingType: "GRADUATED", usageCalculationMode })).usageCalculationPeriod;

  expect(of("PERIODIC")).toEqual({ frequency: "QUARTERLY", interval: 1 });
  expect(of("CUMULATIVE")).toBeUndefined();
});

test("periods of calculation are counted in whole numbers", () => {
  const periodic = priced({ pricingType: "GRADUATED", usageCalculationMode: "PERIODIC", tiers: [] });
  const named = { ...periodic, productId: "p", name: "Calls" };
  expect(priceErrors({ ...named, calculationInterval: "18" })).toEqual({});
  expect(Object.keys(priceErrors({ ...named, calculationInterval: "0" }))).toEqual(["calculationInterval"]);
});

test("a price of seats asks for seats, and for tiers only where they set the price", () => {
  const named = { ...priced({ pricingType: "SEAT_BASED", pricePerSeat: "15" }), productId: "p", name: "Seats" };
  expect(Object.keys(priceErrors(named))).toEqual(["structure.seatMetricId"]);

  const tiered = { ...named, structure: { ...named.structure, seatMetricId: "m", seatTiers: true } };
  expect(Object.keys(priceErrors(tiered))).toEqual(["structure.tiers.0.price"]);
});
