import { expect, test } from "vitest";

import type { PreviewedPayer, PreviewedPeriod } from "../api/types";
import { scheduleSums, totals } from "./billSums";

const payer = (currency: string, before: string, after: string, change: string) =>
  ({ currency, before, after, change, schedules: [] }) as unknown as PreviewedPayer;

test("what one payer loses another may gain", () => {
  const all = totals([payer("USD", "0.10", "0.30", "0.20"), payer("USD", "0.20", "0.00", "-0.20")]);
  expect(all).toEqual([{ currency: "USD", before: "0.3", after: "0.3", change: "0" }]);
});

test("currencies are not added up", () => {
  const all = totals([payer("USD", "1", "2", "1"), payer("EUR", "5", "4", "-1")]);
  expect(all.map(({ currency, change }) => [currency, change])).toEqual([
    ["USD", "1"],
    ["EUR", "-1"],
  ]);
});

test("a finalised period is not in its schedule's sums", () => {
  const period = (changes: boolean) =>
    ({ changes, before: "10.00", after: "4.50", change: "-5.50" }) as PreviewedPeriod;
  expect(scheduleSums({ billingScheduleId: "s", periods: [period(true), period(false)] })).toEqual({
    before: "10",
    after: "4.5",
    change: "-5.5",
  });
});
