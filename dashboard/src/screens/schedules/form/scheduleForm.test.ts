import { expect, test } from "vitest";

import { followingPhase, scheduleBody, scheduleErrors, scheduleValues } from "./scheduleForm";
import { NEW_DISCOUNT } from "./settlingForm";

const PHASE = {
  name: "",
  startDate: "2026-01-01",
  endDate: "",
  prices: ["list:a", "price:b"],
  resets: false,
  discounts: [],
  minimums: [],
  creditGrants: [],
};
const VALUES = { ...scheduleValues(undefined, "c"), startDate: "2026-01-01", phases: [PHASE] };

test("list prices and prices go where the API wants them", () => {
  const [phase] = scheduleBody(VALUES, true).phases;
  expect(phase).toMatchObject({ priceIds: ["b"], listPriceIds: ["a"], endDate: undefined });
});

test("discounts and minimums are sent with their phase", () => {
  const phase = {
    ...PHASE,
    discounts: [{ ...NEW_DISCOUNT, amount: "10", message: "Launch", prices: ["list:a"] }],
    minimums: [{ amount: "500", prices: [] }],
  };
  const [sent] = scheduleBody({ ...VALUES, phases: [phase] }, true).phases;
  expect(sent?.discounts).toMatchObject([{ type: "PERCENTAGE", amount: "0.1", restrictToPrices: ["a"] }]);
  expect(sent?.minimums).toMatchObject([{ amount: "500" }]);
});

test("what is not edited is kept, but for prices that were taken out", () => {
  const metadata = ["b", "gone"].map((priceId) => ({ priceId, arrCalculation: "INCLUDE" as const }));
  const phase = { ...PHASE, kept: { externalContractRef: "C-7", phasePriceMetadata: metadata } };
  const [sent] = scheduleBody({ ...VALUES, phases: [phase] }, true).phases;
  expect(sent).toMatchObject({ externalContractRef: "C-7", phasePriceMetadata: [{ priceId: "b" }] });
});

test("a refusal of a discount names its phase", () => {
  const phase = { ...PHASE, discounts: [NEW_DISCOUNT] };
  expect(Object.keys(scheduleErrors({ ...VALUES, phases: [PHASE, phase] }))).toContain("phases.1.discounts.0.amount");
});

test("tax rates are sent for prices that are still chosen", () => {
  const taxRates = { "list:a": "vat", "price:b": "", "price:gone": "vat" };
  expect(scheduleBody({ ...VALUES, taxRates }, true).taxRates).toEqual([{ priceId: "a", taxRateId: "vat" }]);
});

test("nobody is left out without roll-up", () => {
  const values = { ...VALUES, rollUpExclusions: ["x"] };
  expect(scheduleBody(values, true).rollUpExclusions).toEqual([]);
  expect(scheduleBody({ ...values, rollUpBilling: true }, true).rollUpExclusions).toEqual(["x"]);
});

test("the last phase ends with the schedule", () => {
  const values = { ...VALUES, openEnded: false, endDate: "2026-12-31" };
  expect(scheduleBody(values, true).phases[0]?.endDate).toBe("2026-12-31");
});

test("a following phase starts the day after the one before", () => {
  expect(followingPhase([{ ...PHASE, endDate: "2026-02-28" }]).startDate).toBe("2026-03-01");
});

test("only the last phase may be open", () => {
  const values = { ...VALUES, phases: [PHASE, { ...PHASE, startDate: "2026-07-01" }] };
  expect(scheduleErrors(values)).toEqual({ "phases.0.endDate": "Only the last phase may be open-ended" });
});
