import { expect, test } from "vitest";

import { grantBody, grantErrors, NEW_GRANT } from "./grantForm";

const GIFT = { ...NEW_GRANT, name: " Gift ", amount: "12.50" };

test("a grant in money is sent without a metric", () => {
  expect(grantErrors(GIFT)).toEqual({});
  expect(grantBody({ ...GIFT, metricId: "m" }, "c", "w")).toEqual({
    sequenceAccountId: "w",
    customerId: "c",
    name: "Gift",
    creditUnitType: "CURRENCY",
    currency: "USD",
    amount: "12.50",
  });
});

test("a grant in units names their metric", () => {
  const units = { ...GIFT, creditUnitType: "METRIC" as const };
  expect(grantErrors(units)).toHaveProperty("metricId");
  expect(grantBody({ ...units, metricId: "m" }, "c", "w").metricId).toBe("m");
});

test("a grant that is sold says for how much, and at which tax rate", () => {
  const sold = { ...GIFT, sold: true, costOfCredit: " 10.00 ", taxRateId: "t" };
  expect(grantErrors(sold)).toEqual({});
  expect(grantBody(sold, "c", "w")).toMatchObject({
    costOfCredit: "10.00",
    taxRateId: "t",
    createInvoice: true,
  });
  expect(grantErrors({ ...sold, costOfCredit: "0" })).toHaveProperty("costOfCredit");
  expect(grantBody({ ...sold, sold: false }, "c", "w")).not.toHaveProperty("costOfCredit");
});

test("what no grant can be is said by its field", () => {
  const wrong = { ...GIFT, name: " ", amount: "0.00", effectiveDate: "2026-02-01", expiryDate: "2026-01-31" };
  expect(Object.keys(grantErrors(wrong))).toEqual(["name", "amount", "expiryDate"]);
  expect(grantErrors({ ...GIFT, amount: "-1" })).toHaveProperty("amount");
});
