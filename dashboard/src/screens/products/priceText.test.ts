import { expect, test } from "vitest";

import type { Price } from "../../api/types";
import { frequenciesOf, isOnDemand } from "./frequencies";
import { cadenceText, termsText } from "./priceText";

const graduated = (billingFrequency: Price["billingFrequency"]): Price => ({
  id: "p",
  productId: "o",
  name: "Calls",
  currency: "USD",
  structure: { pricingType: "GRADUATED", usageCalculationMode: "BILLING_PERIOD", tiers: [] },
  billingFrequency,
  billingType: "IN_ARREARS",
  createdAt: "2026-03-02T10:00:00.000Z",
});

test("the days of a phase share its tiers", () => {
  expect(cadenceText(graduated("ON_DEMAND"))).toBe("On demand, in arrears");
  expect(termsText(graduated("ON_DEMAND"))).toBe("Tiers go on through the phase");
  expect(termsText(graduated("PER_EVENT"))).toBe("Tiers go on through the phase");
  expect(termsText(graduated("MONTHLY"))).toBe("");
});

test("only usage can be billed on demand", () => {
  const offered = (usage: boolean) => frequenciesOf(usage).map(({ value }) => value);
  expect(offered(true)).toEqual(expect.arrayContaining(["ON_DEMAND", "PER_EVENT"]));
  expect(offered(false).filter(isOnDemand)).toEqual([]);
});
