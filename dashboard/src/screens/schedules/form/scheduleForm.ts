import type { BillTo, PhaseRequest, Schedule, ScheduleRequest } from "../../../api/types";
import { nextDay, today } from "../../../components/format";
import { phaseGrantBody, phaseGrantErrors, phaseGrantValues, type PhaseGrantValues } from "./phaseGrantForm";
import { idOf, idsOf } from "./priceKeys";
import {
  discountBody,
  discountValues,
  minimumBody,
  minimumValues,
  settlingErrors,
  type DiscountValues,
  type MinimumValues,
} from "./settlingForm";

export type PhaseValues = {
  name: string;
  startDate: string;
  endDate: string;
  /** By their keys (see priceKeys). */
  prices: string[];
  resets: boolean;
  discounts: DiscountValues[];
  minimums: MinimumValues[];
  creditGrants: PhaseGrantValues[];
  /** Not edited here, but kept. */
  kept?: Pick<PhaseRequest, "externalContractRef" | "phasePriceMetadata">;
  milestone?: string;
};

export type ScheduleValues = {
  customerId: string | null;
  startDate: string;
  endDate: string;
  openEnded: boolean;
  recurrenceDayOfMonth: string;
  rollUpBilling: boolean;
  rollUpExclusions: string[];
  billTo: BillTo;
  autoIssueInvoices: boolean;
  adjustLateUsage: boolean;
  purchaseOrderNumber: string;
  label: string;
  memo: string;
  defaultDueDateDays: string;
  /** The tax rate agreed for a price, by its key in the phases; "" is that of its category. */
  taxRates: Record<string, string>;
  phases: PhaseValues[];
};

const EMPTY_PHASE: PhaseValues = {
  name: "",
  startDate: "",
  endDate: "",
  prices: [],
  resets: false,
  discounts: [],
  minimums: [],
  creditGrants: [],
  milestone: "",
};

export function scheduleValues(schedule?: Schedule, customerId: string | null = null): ScheduleValues {
  return {
    customerId: schedule?.customerId ?? customerId,
    startDate: schedule?.startDate ?? today(),
    endDate: schedule?.endDate ?? "",
    openEnded: !schedule?.endDate,
    recurrenceDayOfMonth: schedule?.recurrenceDayOfMonth?.toString() ?? "",
    rollUpBilling: schedule?.rollUpBilling ?? false,
    rollUpExclusions: schedule?.rollUpExclusions ?? [],
    billTo: schedule?.billTo ?? "SELF",
    autoIssueInvoices: schedule?.autoIssueInvoices ?? false,
    adjustLateUsage: schedule?.adjustLateUsage ?? true,
    purchaseOrderNumber: schedule?.purchaseOrderNumber ?? "",
    label: schedule?.label ?? "",
    memo: schedule?.memo ?? "",
    defaultDueDateDays: schedule?.defaultDueDateDays?.toString() ?? "",
    taxRates: Object.fromEntries(
      (schedule?.taxRates ?? []).map(({ priceId, taxRateId }) => [`price:${priceId}`, taxRateId]),
    ),
    phases: schedule
      ? schedule.phases.map((phase) => ({
          name: phase.name ?? "",
          startDate: phase.startDate ?? "",
          endDate: phase.endDate ?? "",
          prices: phase.priceIds.map((id) => `price:${id}`),
          resets: phase.recurrencePreference === "RESET",
          discounts: phase.discounts.map(discountValues),
          minimums: phase.minimums.map(minimumValues),
          creditGrants: phase.creditGrants.map(phaseGrantValues),
          kept: {
            externalContractRef: phase.externalContractRef,
            phasePriceMetadata: phase.phasePriceMetadata,
          },
          milestone: phase.milestone ?? "",
        }))
      : [{ ...EMPTY_PHASE, startDate: today() }],
  };
}

/** A phase that follows on: it starts the day after the one before ends. */
export function followingPhase(phases: PhaseValues[]): PhaseValues {
  const last = phases.at(-1);
  return {
    ...EMPTY_PHASE,
    startDate: last?.endDate ? nextDay(last.endDate) : "",
    prices: last?.prices ?? [],
  };
}

export function scheduleErrors(values: ScheduleValues): Record<string, string> {
  const errors: Record<string, string> = {};
  const { startDate, endDate, openEnded, recurrenceDayOfMonth: day, phases } = values;
  if (!values.customerId) errors.customerId = "Choose who pays";
  if (!startDate) errors.startDate = "Give the first day";
  if (!openEnded && !endDate) errors.endDate = "Give the last day, or make it open-ended";
  if (!openEnded && endDate && endDate < startDate) errors.endDate = "Ends before it starts";
  if (day && !(/^\d+$/.test(day) && Number(day) >= 1 && Number(day) <= 31)) {
    errors.recurrenceDayOfMonth = "A day of the month, 1 to 31";
  }
  if (values.defaultDueDateDays && !/^\d+$/.test(values.defaultDueDateDays)) {
    errors.defaultDueDateDays = "A whole number of days";
  }
  phases.forEach((phase, index) => {
    const at = `phases.${index}`;
    const last = index === phases.length - 1;
    const waits = isOpen(phases[index - 1]);
    if (!phase.startDate && !waits) errors[`${at}.startDate`] = "Give the first day";
    if (!last && !phase.endDate && !phase.milestone) errors[`${at}.endDate`] = "Only the last phase may be open-ended";
    if (phase.endDate && phase.endDate < phase.startDate) errors[`${at}.endDate`] = "Ends before it starts";
    if (phase.prices.length === 0) errors[`${at}.prices`] = "Choose at least one price";
    const found = { ...settlingErrors(phase), ...phaseGrantErrors(phase) };
    for (const [field, message] of Object.entries(found)) errors[`${at}.${field}`] = message;
  });
  return errors;
}

/** Whether a phase lasts until a milestone that is not reached. */
export const isOpen = (phase?: PhaseValues) => Boolean(phase?.milestone && !phase.endDate);

/** Every price of the phases once, in order. */
export const pricesOf = ({ phases }: ScheduleValues) => [
  ...new Set(phases.flatMap(({ prices }) => prices)),
];

export function scheduleBody(values: ScheduleValues, isDraft: boolean): ScheduleRequest {
  const end = values.openEnded ? undefined : values.endDate;
  return {
    customerId: values.customerId ?? "",
    startDate: values.startDate,
    endDate: end,
    recurrenceDayOfMonth: values.recurrenceDayOfMonth ? Number(values.recurrenceDayOfMonth) : undefined,
    autoIssueInvoices: values.autoIssueInvoices,
    adjustLateUsage: values.adjustLateUsage,
    isDraft,
    rollUpBilling: values.rollUpBilling,
    rollUpExclusions: values.rollUpBilling ? values.rollUpExclusions : [],
    billTo: values.billTo,
    taxRates: pricesOf(values)
      .filter((key) => values.taxRates[key])
      .map((key) => ({ priceId: idOf(key), taxRateId: values.taxRates[key] ?? "" })),
    purchaseOrderNumber: values.purchaseOrderNumber.trim() || undefined,
    label: values.label.trim() || undefined,
    memo: values.memo.trim() || undefined,
    defaultDueDateDays: values.defaultDueDateDays ? Number(values.defaultDueDateDays) : undefined,
    phases: values.phases.map((phase, index): PhaseRequest => {
      const last = index === values.phases.length - 1;
      const priceIds = idsOf(phase.prices, "price");
      const listPriceIds = idsOf(phase.prices, "list");
      return {
        name: phase.name.trim() || undefined,
        startDate: phase.startDate || undefined,
        // The last phase lasts as long as the schedule unless it says otherwise.
        endDate: phase.endDate || (last && !phase.milestone ? end : undefined),
        milestone: phase.milestone?.trim() || undefined,
        priceIds,
        listPriceIds: listPriceIds.length ? listPriceIds : undefined,
        recurrencePreference: phase.resets ? "RESET" : "CONTINUE_FROM_PREVIOUS_PHASE",
        discounts: phase.discounts.map(discountBody),
        minimums: phase.minimums.map(minimumBody),
        creditGrants: phase.creditGrants.map(phaseGrantBody),
        externalContractRef: phase.kept?.externalContractRef,
        phasePriceMetadata: phase.kept?.phasePriceMetadata?.filter(({ priceId }) => priceIds.includes(priceId)),
      };
    }),
  };
}
