/** What a price of seats says, as it is typed. */

import type { BillingFrequency, BillingType, Price, ProrationStrategy, Structure, Tier } from "../../api/types";
import { decimalText } from "../../components/format";
import { PERIODS, periodName } from "./frequencies";

export type SeatValues = {
  seatMetricId: string | null;
  /** Tiers set the price; otherwise it is `pricePerSeat`. */
  seatTiers: boolean;
  pricePerSeat: string;
  prorationStrategy: ProrationStrategy;
  contractedMinimumSeats: string;
  /** "" where seats above the minimum are billed with the others. */
  overagesBillingFrequency: BillingFrequency | "";
  prorateFlatFees: boolean;
};

export const NEW_SEATS: SeatValues = {
  seatMetricId: null,
  seatTiers: false,
  pricePerSeat: "",
  prorationStrategy: "PRORATE_ALL_CHANGES",
  contractedMinimumSeats: "",
  overagesBillingFrequency: "",
  prorateFlatFees: false,
};

export const STRATEGIES: { value: ProrationStrategy; label: string; hint: string }[] = [
  {
    value: "PRORATE_ALL_CHANGES",
    label: "All changes by days",
    hint: "Each day is charged for the seats there are at its end: added and removed ones count by days.",
  },
  {
    value: "PRORATE_INCREMENTS",
    label: "Additions by days",
    hint: "Added seats count from their day on. Removed ones count until the billing period ends.",
  },
  {
    value: "USE_MAXIMUM",
    label: "The most of the period",
    hint: "The most seats there were on any day are charged for the whole billing period.",
  },
];

/** How often seats above the minimum may be billed: as often as the seats, or more often. */
export function overageChoices(billing: BillingFrequency) {
  const most = PERIODS.find(({ value }) => value === billing)?.months ?? 0;
  return [
    { value: "", label: "With the other seats" },
    ...PERIODS.filter(({ months }) => months <= most).map(({ value, name }) => ({
      value,
      label: `At the end of every ${name}`,
    })),
  ];
}

/** What is charged when, in a sentence or two. */
export function chargedWhen(
  billing: BillingFrequency,
  timing: BillingType,
  overages: BillingFrequency | "",
): string {
  const period = periodName(billing);
  if (timing === "IN_ADVANCE") {
    return overages
      ? `The contracted minimum is charged when a ${period} begins; the seats above it at the end of every ${periodName(overages)}.`
      : `The seats of the first day are charged when a ${period} begins, and at least the contracted minimum; what has changed since when it ends.`;
  }
  return overages && overages !== billing
    ? `The contracted minimum is charged when a ${period} ends; the seats above it at the end of every ${periodName(overages)}.`
    : `All seats are charged when a ${period} ends.`;
}

/** The structure as the API takes it; of tiers and a price per seat only the chosen one has figures. */
export function seatStructure(values: SeatValues, tiers: Tier[]): Structure {
  return {
    pricingType: "SEAT_BASED",
    seatMetricId: values.seatMetricId ?? "",
    pricePerSeat: values.seatTiers ? "0" : values.pricePerSeat.trim(),
    prorationStrategy: values.prorationStrategy,
    contractedMinimumSeats: Number(values.contractedMinimumSeats.trim() || "0"),
    overagesBillingFrequency: values.overagesBillingFrequency || undefined,
    tiers: values.seatTiers ? tiers : [],
    prorateFlatFees: values.seatTiers && values.prorateFlatFees,
  };
}

/** What is wrong by field, but for tiers. */
export function seatErrors(values: SeatValues, billing: BillingFrequency): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!values.seatMetricId) errors.seatMetricId = "Choose which seats are counted";
  if (!values.seatTiers && !/^\d+(\.\d+)?$/.test(values.pricePerSeat.trim())) {
    errors.pricePerSeat = "Give a number, such as 12.50";
  }
  if (!/^\d{0,9}$/.test(values.contractedMinimumSeats.trim())) {
    errors.contractedMinimumSeats = "A whole number of seats";
  }
  if (!overageChoices(billing).some(({ value }) => value === values.overagesBillingFrequency)) {
    errors.overagesBillingFrequency = "Not less often than the seats are billed";
  }
  return errors;
}

/** "All changes by days, at least 20 seats, those above at the end of every month" */
export function seatTermsText({ structure }: Price): string {
  const { prorationStrategy, contractedMinimumSeats = 0, overagesBillingFrequency: overages } = structure;
  const parts = [STRATEGIES.find(({ value }) => value === prorationStrategy)?.label ?? ""];
  if (contractedMinimumSeats) parts.push(`at least ${decimalText(contractedMinimumSeats)} seats`);
  if (overages && overages !== "NONE") parts.push(`those above at the end of every ${periodName(overages)}`);
  if (structure.prorateFlatFees) parts.push("fees by days");
  return parts.join(", ");
}
