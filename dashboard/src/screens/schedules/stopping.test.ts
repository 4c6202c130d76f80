import { expect, test } from "vitest";

import type { Price, Schedule } from "../../api/types";
import { endNotes, lastDayFor, mayChange, mayStop } from "./stopping";

const PHASE = { id: "p", startDate: "2026-01-01", priceIds: [], discounts: [], minimums: [] };
const SCHEDULE = {
  status: "ACTIVE",
  startDate: "2026-01-01",
  prices: [{ billingType: "IN_ARREARS" } as Price],
  phases: [PHASE, { ...PHASE, id: "q", startDate: "2026-07-01", name: "Second half" }],
} as unknown as Schedule;
const TODAY = "2026-03-10";

test("an end to come names the day of the last invoice", () => {
  expect(endNotes(SCHEDULE, "2026-07-31", TODAY)).toEqual([
    "The last invoice is drafted on 1 Aug 2026, the day after.",
    "It has the usage up to and including 31 Jul 2026. What recurs is charged for the days until then.",
  ]);
});

test("an end in the past drafts at once and cuts what was drafted", () => {
  const [when, , dropped, cut] = endNotes(SCHEDULE, "2026-03-09", TODAY);
  expect(when).toBe("The last invoice is due on 10 Mar 2026, so it is drafted at once.");
  expect(dropped).toBe("What begins later falls away: Second half.");
  expect(cut).toContain("Drafts of later days are made anew");
});

test("what is paid in advance is given back", () => {
  const advance = { ...SCHEDULE, prices: [{ billingType: "IN_ADVANCE" } as Price] };
  expect(endNotes(advance, "2026-07-31", TODAY).at(-1)).toContain("given back, by days");
});

test("one that has not begun can end with its first day at the earliest", () => {
  expect(lastDayFor({ ...SCHEDULE, startDate: "2026-05-01" }, TODAY)).toBe("2026-05-01");
  expect(lastDayFor(SCHEDULE, TODAY)).toBe(TODAY);
});

test.each([
  ["DRAFT", true, false],
  ["PENDING", true, true],
  ["SUSPENDED", true, true],
  ["COMPLETED", false, false],
  ["CANCELLED", false, false],
])("a schedule that is %s", (status, change, stop) => {
  const schedule = { ...SCHEDULE, status } as Schedule;
  expect([mayChange(schedule), mayStop(schedule)]).toEqual([change, stop]);
  expect(mayChange({ ...schedule, archivedAt: "2026-03-01T00:00:00Z" })).toBe(false);
});
