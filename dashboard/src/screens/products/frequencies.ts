/** How often something recurs, in words. */

import type { BillingFrequency, CalculationFrequency } from "../../api/types";

export const FREQUENCIES: { value: BillingFrequency; label: string }[] = [
  { value: "MONTHLY", label: "Monthly" },
  { value: "QUARTERLY", label: "Quarterly" },
  { value: "HALF_YEARLY", label: "Half-yearly" },
  { value: "YEARLY", label: "Yearly" },
  { value: "ONE_TIME", label: "One time" },
  { value: "ON_DEMAND", label: "On demand" },
  { value: "PER_EVENT", label: "Per event" },
];

/** Billed when something was used, by the day or a line for each event. */
export const isOnDemand = (frequency: string) => frequency === "ON_DEMAND" || frequency === "PER_EVENT";

/** When what is on demand is invoiced, and how. */
export const ON_DEMAND_HINTS: Partial<Record<BillingFrequency, string>> = {
  ON_DEMAND: "Each day with usage, the day after.",
  PER_EVENT: "A line for each event, the day after.",
};

/** Only usage is billed on demand: nothing else says on which days. */
export const frequenciesOf = (usage: boolean) =>
  FREQUENCIES.filter(({ value }) => usage || !isOnDemand(value));

/** What recurs is called by its period, from the shortest on. */
export const PERIODS: { value: CalculationFrequency; name: string; months: number }[] = [
  { value: "MONTHLY", name: "month", months: 1 },
  { value: "QUARTERLY", name: "quarter", months: 3 },
  { value: "HALF_YEARLY", name: "half-year", months: 6 },
  { value: "YEARLY", name: "year", months: 12 },
];

export const periodName = (frequency: string) =>
  PERIODS.find(({ value }) => value === frequency)?.name ?? "period";
