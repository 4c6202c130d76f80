/** What a phase grants, as it is typed. What it grants already can only be taken out. */

import type { CreditUnit, GrantRefresh, GrantRollover, PhaseGrant, PhaseGrantRequest } from "../../../api/types";
import { decimalText, moneyText, words } from "../../../components/format";
import { idOf } from "./priceKeys";

export type PhaseGrantValues = {
  /** What is granted already. */
  kept?: PhaseGrant;
  name: string;
  creditUnitType: CreditUnit;
  amount: string;
  grantRefreshFrequency: GrantRefresh;
  rolloverMode: GrantRollover;
  /** The prices it pays, by their keys in the phase; none: all. */
  prices: string[];
};

export const NEW_PHASE_GRANT: PhaseGrantValues = {
  name: "",
  creditUnitType: "CURRENCY",
  amount: "",
  grantRefreshFrequency: "MONTHLY",
  rolloverMode: "NONE",
  prices: [],
};

export const phaseGrantValues = (kept: PhaseGrant): PhaseGrantValues => ({
  ...NEW_PHASE_GRANT,
  kept,
  name: kept.name,
  prices: kept.restrictToPrices.map((id) => `price:${id}`),
});

export function phaseGrantBody({ kept, prices, ...values }: PhaseGrantValues): PhaseGrantRequest {
  if (kept) {
    const { metricId: _, ...same } = kept;
    return same;
  }
  return {
    ...values,
    name: values.name.trim(),
    amount: values.amount.trim(),
    restrictToPrices: prices.length ? prices.map(idOf) : undefined,
  };
}

const AMOUNT = /^\d{1,15}(\.\d{1,12})?$/;

type Granting = { prices: string[]; creditGrants: PhaseGrantValues[] };

/** What is wrong with them, by field; a price they pay must still be one of the phase. */
export function phaseGrantErrors({ prices, creditGrants }: Granting): Record<string, string> {
  const errors: Record<string, string> = {};
  creditGrants.forEach(({ kept, name, amount, prices: of }, index) => {
    const at = `creditGrants.${index}`;
    if (of.some((key) => !prices.includes(key))) {
      errors[`${at}.prices`] = "Names a price that the phase no longer has";
    }
    if (kept) return;
    if (!name.trim()) errors[`${at}.name`] = "Give it a name";
    if (!AMOUNT.test(amount.trim()) || !/[1-9]/.test(amount)) {
      errors[`${at}.amount`] = "Give an amount, such as 100";
    }
  });
  return errors;
}

/** "100.00 of credit, monthly, what is left rolls over". */
export function grantText(grant: PhaseGrant, currency: string): string {
  const { creditUnitType, amount, grantRefreshFrequency, rolloverMode } = grant;
  const much =
    creditUnitType === "CURRENCY" ? `${moneyText(amount, currency)} of credit` : `${decimalText(amount)} units of credit`;
  const often = grantRefreshFrequency === "NONE" ? "once" : words(grantRefreshFrequency).toLowerCase();
  const rest = rolloverMode === "NONE" ? "" : ", what is left rolls over";
  return `${much}, ${often}${rest}`;
}
