import { expect, test } from "vitest";

import type { PhaseGrant } from "../../../api/types";
import { NEW_PHASE_GRANT, phaseGrantBody, phaseGrantErrors, phaseGrantValues } from "./phaseGrantForm";

const KEPT: PhaseGrant = {
  id: "g",
  name: "Calls",
  creditUnitType: "METRIC",
  currency: "USD",
  metricId: "m",
  amount: 1000,
  costOfCredit: 5,
  grantRefreshFrequency: "MONTHLY",
  rolloverMode: "NONE",
  restrictToPrices: ["a"],
};

test("what is granted already is sent back as it is, without its metric", () => {
  const { metricId: _, ...same } = KEPT;
  expect(phaseGrantBody(phaseGrantValues(KEPT))).toEqual(same);
});

test("a new grant names the prices it pays by their ids", () => {
  const made = { ...NEW_PHASE_GRANT, name: " Included ", amount: " 10 ", prices: ["list:a", "price:b"] };
  expect(phaseGrantBody(made)).toEqual({
    name: "Included",
    creditUnitType: "CURRENCY",
    amount: "10",
    grantRefreshFrequency: "MONTHLY",
    rolloverMode: "NONE",
    restrictToPrices: ["a", "b"],
  });
});

test("what no grant can be is said by its field", () => {
  const wrong = [{ ...NEW_PHASE_GRANT, amount: "0", prices: ["price:b"] }, phaseGrantValues(KEPT)];
  expect(Object.keys(phaseGrantErrors({ prices: ["price:a"], creditGrants: wrong }))).toEqual([
    "creditGrants.0.prices",
    "creditGrants.0.name",
    "creditGrants.0.amount",
  ]);
  expect(phaseGrantErrors({ prices: [], creditGrants: [phaseGrantValues(KEPT)] })).toHaveProperty([
    "creditGrants.0.prices",
  ]);
});
