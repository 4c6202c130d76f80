import type { CreditGrantRequest, CreditUnit } from "../../../api/types";

export type GrantValues = {
  name: string;
  creditUnitType: CreditUnit;
  currency: string;
  metricId: string | null;
  amount: string;
  /** An invoice is drafted for the cost, at the tax rate named. */
  sold: boolean;
  costOfCredit: string;
  taxRateId: string | null;
  effectiveDate: string;
  expiryDate: string;
};

export const NEW_GRANT: GrantValues = {
  name: "",
  creditUnitType: "CURRENCY",
  currency: "USD",
  metricId: null,
  amount: "",
  sold: false,
  costOfCredit: "",
  taxRateId: null,
  effectiveDate: "",
  expiryDate: "",
};

const AMOUNT = /^\d{1,15}(\.\d{1,12})?$/;

const isAmount = (text: string) => AMOUNT.test(text.trim()) && /[1-9]/.test(text);

/** What a grant lacks, by field. */
export function grantErrors(values: GrantValues): Partial<Record<keyof GrantValues, string>> {
  const errors: Partial<Record<keyof GrantValues, string>> = {};
  if (!values.name.trim()) errors.name = "Give the credit a name";
  if (!AMOUNT.test(values.amount.trim())) errors.amount = "Give the amount, such as 100.00";
  else if (!/[1-9]/.test(values.amount)) errors.amount = "A grant is of more than nothing";
  if (values.creditUnitType === "METRIC" && !values.metricId) errors.metricId = "Choose the usage metric";
  if (values.sold && !isAmount(values.costOfCredit)) errors.costOfCredit = "Give what it is sold for, such as 80.00";
  const { effectiveDate, expiryDate } = values;
  if (effectiveDate && expiryDate && expiryDate < effectiveDate) {
    errors.expiryDate = "It would expire before it pays";
  }
  return errors;
}

/** The request for a grant of `customerId`. */
export function grantBody(
  values: GrantValues,
  customerId: string,
  sequenceAccountId: string,
): CreditGrantRequest {
  return {
    sequenceAccountId,
    customerId,
    name: values.name.trim(),
    creditUnitType: values.creditUnitType,
    currency: values.currency,
    metricId: (values.creditUnitType === "METRIC" && values.metricId) || undefined,
    amount: values.amount.trim(),
    ...(values.sold && {
      costOfCredit: values.costOfCredit.trim(),
      taxRateId: values.taxRateId ?? undefined,
      createInvoice: true,
    }),
    effectiveDate: values.effectiveDate || undefined,
    expiryDate: values.expiryDate || undefined,
  };
}
