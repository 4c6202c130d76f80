import { expect, test } from "vitest";

import { exact } from "../api/http";
import { dayText, decimalText, moneyText, monthStart, nextDay, periodText, words } from "./format";

test("money keeps every digit and at least the minor unit's", () => {
  expect(moneyText("1234.5", "USD")).toBe("1,234.50");
  expect(moneyText("-0.125", "EUR")).toBe("-0.125");
  expect(moneyText("1200", "JPY")).toBe("1,200");
  expect(moneyText("123456789012345678.91", "GBP")).toBe("123,456,789,012,345,678.91");
});

test("a decimal is grouped, never rounded", () => {
  expect(decimalText("0.000000000001")).toBe("0.000000000001");
  expect(decimalText("n/a")).toBe("n/a");
});

test("numbers a float cannot hold are read as their own digits", () => {
  const read = exact('{"value": 12345678901234567.890123, "eventCount": 5}') as Record<string, unknown>;
  expect(read.eventCount).toBe(5);
  expect(String(read.value)).toMatch(/^1234567890123456/);
});

test("days are calendar days, whatever zone the browser is in", () => {
  expect(dayText("2026-03-02")).toBe("2 Mar 2026");
  expect(monthStart("2026-01-31", -1)).toBe("2025-12-01");
  expect(nextDay("2026-02-28")).toBe("2026-03-01");
});

test("a period says once what its two days share", () => {
  expect(periodText("2013-07-01", "2013-07-31")).toBe("1 – 31 Jul 2013");
  expect(periodText("2013-11-01", "2013-12-31")).toBe("1 Nov – 31 Dec 2013");
  expect(periodText("2013-07-01", "2014-07-31")).toBe("1 Jul 2013 – 31 Jul 2014");
  expect(periodText("2013-07-01", "2013-07-01")).toBe("1 Jul 2013");
  expect(periodText("2013-07-01")).toBe("1 Jul 2013 – open-ended");
});

test("enum values become words", () => {
  expect(words("IN_ARREARS")).toBe("In arrears");
});
