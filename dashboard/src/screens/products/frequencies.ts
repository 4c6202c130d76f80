/** How often something recurs, in words. */

import type { BillingFrequency, CalculationFrequency } from "../../api/types";

export const FREQUENCIES: { value: BillingFrequency; label: string }[] = [
  { value: "MONTHLY", label: "Monthly" },
  { value: "QUARTERLY", label: "Quarterly" },
  { value: "HALF_YEARLY", label: "Half-yearly" },
  { value: "YEARLY", label: "Yearly" },
  { value: "ONE_TIME", label: "One time" },
  { value: "ON_DEMAND", label: "On demand" },
];

/** Only usage is billed on demand: nothing else says on which days. */
export const frequenciesOf = (usage: boolean) =>
  FREQUENCIES.filter(({ value }) => usage || value !== "ON_DEMAND");

/** What recurs is called by its period, from the shortest on. */
export const PERIODS: { value: CalculationFrequency; name: string; months: number }[] = [
  { value: "MONTHLY", name: "month", months: 1 },
  { value: "QUARTERLY", name: "quarter", months: 3 },
  { value: "HALF_YEARLY", name: "half-year", months: 6 },
  { value: "YEARLY", name: "year", months: 12 },
];

export const periodName = (frequency: string) =>
  PERIODS.find(({ value }) => value === frequency)?.name ?? "period";
