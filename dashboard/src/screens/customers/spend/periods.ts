/** Stretches of time that a spend is asked for: months, quarters and years that have invoices. */

import type { SpendPeriod } from "../../../api/types";
import { monthStart, monthText, nextDay, periodText } from "../../../components/format";

export const ALL = "all";
export type Range = { from?: string; to?: string };
export type Choices = { group: string; items: { value: string; label: string }[] }[];

/** The days, both included, that a value such as 2026-03, 2026-Q1 or 2026 stands for. */
export function rangeOf(value: string): Range {
  const [, year, quarter, month] = /^(\d{4})(?:-Q([1-4])|-(\d\d))?$/.exec(value) ?? [];
  if (!year) {
    const [from, to] = value.split("_");
    return from && to ? { from, to } : {};
  }
  const first = month ?? (quarter ? String(Number(quarter) * 3 - 2).padStart(2, "0") : "01");
  const from = `${year}-${first}-01`;
  return { from, to: nextDay(monthStart(from, month ? 1 : quarter ? 3 : 12), -1) };
}

/** What can be chosen where these billing periods have invoices; the latest first. */
export function choices(periods: readonly SpendPeriod[]): Choices {
  const months = new Set<string>();
  const quarters = new Set<string>();
  const years = new Set<string>();
  const others = new Set<string>();
  for (const period of periods) {
    const month = period.start.slice(0, 7);
    const year = month.slice(0, 4);
    const quarter = quarterOf(month);
    if (lies(period, month)) months.add(month);
    else if (!matches(period, quarter) && !matches(period, year)) others.add(named(period));
    if (lies(period, quarter)) quarters.add(quarter);
    if (lies(period, year)) years.add(year);
  }
  return [
    { group: "Months", items: items(months, (value) => monthText(`${value}-01`)) },
    { group: "Quarters", items: items(quarters, (value) => value.replace(/(\d+)-(Q\d)/, "$2 $1")) },
    { group: "Years", items: items(years, (value) => value) },
    {
      group: "Billing periods",
      items: items(others, (value) => periodText(...(value.split("_") as [string, string]))),
    },
    { group: "Everything", items: [{ value: ALL, label: "All time" }] },
  ].filter((group) => group.items.length > 0);
}

/** What is shown before anything is chosen: the stretch of the latest billing period. */
export function latest(periods: readonly SpendPeriod[]): string {
  const [period] = periods;
  if (!period) return ALL;
  const month = period.start.slice(0, 7);
  const fits = [month, quarterOf(month), month.slice(0, 4)].find((value) =>
    value === month ? lies(period, value) : matches(period, value),
  );
  return fits ?? named(period);
}

const items = (values: Set<string>, label: (value: string) => string) =>
  [...values].sort((a, b) => (a < b ? 1 : -1)).map((value) => ({ value, label: label(value) }));

const quarterOf = (month: string) =>
  `${month.slice(0, 4)}-Q${Math.ceil(Number(month.slice(5)) / 3)}`;

const named = ({ start, endInclusive }: SpendPeriod) => `${start}_${endInclusive}`;

function lies({ start, endInclusive }: SpendPeriod, value: string): boolean {
  const { from = "", to = "" } = rangeOf(value);
  return from <= start && endInclusive <= to;
}

function matches({ start, endInclusive }: SpendPeriod, value: string): boolean {
  const { from, to } = rangeOf(value);
  return from === start && endInclusive === to;
}
