import { expect, test } from "vitest";

import { choices, latest, rangeOf } from "./periods";

const period = (start: string, endInclusive: string) => ({ start, endInclusive, invoiceCount: 1 });
const values = (...periods: ReturnType<typeof period>[]) =>
  Object.fromEntries(choices(periods).map(({ group, items }) => [group, items.map(({ value }) => value)]));

test.each([
  ["2026-02", { from: "2026-02-01", to: "2026-02-28" }],
  ["2024-02", { from: "2024-02-01", to: "2024-02-29" }],
  ["2026-Q4", { from: "2026-10-01", to: "2026-12-31" }],
  ["2026", { from: "2026-01-01", to: "2026-12-31" }],
  ["2026-01-15_2026-02-14", { from: "2026-01-15", to: "2026-02-14" }],
  ["all", {}],
  ["nonsense", {}],
])("%s stands for its days", (value, range) => {
  expect(rangeOf(value)).toEqual(range);
});

test("months come with their quarters and years, the latest first", () => {
  const found = values(period("2026-01-01", "2026-01-31"), period("2025-12-10", "2025-12-31"));

  expect(found).toEqual({
    Months: ["2026-01", "2025-12"],
    Quarters: ["2026-Q1", "2025-Q4"],
    Years: ["2026", "2025"],
    Everything: ["all"],
  });
});

test("a period that is no stretch of the calendar can be chosen itself", () => {
  expect(values(period("2025-12-15", "2026-01-14"))).toEqual({
    "Billing periods": ["2025-12-15_2026-01-14"],
    Everything: ["all"],
  });
  expect(values(period("2026-01-01", "2026-03-31"))).toEqual({
    Quarters: ["2026-Q1"],
    Years: ["2026"],
    Everything: ["all"],
  });
});

test.each([
  [period("2026-02-01", "2026-02-28"), "2026-02"],
  [period("2026-02-10", "2026-02-28"), "2026-02"],
  [period("2026-01-01", "2026-03-31"), "2026-Q1"],
  [period("2026-01-01", "2026-12-31"), "2026"],
  [period("2026-01-15", "2026-02-14"), "2026-01-15_2026-02-14"],
])("the first of %j is shown at first", (first, value) => {
  expect(latest([first, period("2020-01-01", "2020-01-31")])).toBe(value);
});

test("without invoices there is all time, which is empty", () => {
  expect(latest([])).toBe("all");
});
