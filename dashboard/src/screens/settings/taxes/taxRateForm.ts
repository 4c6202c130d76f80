import type { TaxRate, TaxRateRequest } from "../../../api/types";
import { toFraction, toPercent } from "../../../components/percent";
import { STATES } from "../../../components/places";

export type TaxRateValues = {
  name: string;
  amount: string;
  country: string;
  region: string;
  taxCategoryId: string;
  invoiceName: string;
  isPublished: boolean;
};

export const taxRateValues = (rate?: TaxRate): TaxRateValues => ({
  name: rate?.name ?? "",
  amount: rate ? toPercent(rate.amount) : "",
  country: rate?.country ?? "",
  region: rate?.region ?? "",
  taxCategoryId: rate?.taxCategoryId ?? "",
  invoiceName: rate?.invoiceName ?? "",
  isPublished: rate?.isPublished ?? true,
});

export function taxRateErrors(values: TaxRateValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!values.name.trim()) errors.name = "Give the rate's name";
  if (!/^\d{1,3}(\.\d{1,10})?$/.test(values.amount.trim()) || Number(values.amount) > 100) {
    errors.amount = "A percentage from 0 to 100, such as 20 or 7.25";
  }
  if (!values.country) errors.country = "Choose the country";
  return errors;
}

export function taxRateBody(values: TaxRateValues, rate?: TaxRate): TaxRateRequest {
  const invoiceName = values.invoiceName.trim() || values.name.trim();
  const renamed = invoiceName !== rate?.invoiceName;
  return {
    isPublished: values.isPublished,
    name: values.name.trim(),
    invoiceName,
    invoiceShortName: renamed || !rate ? invoiceName : rate.invoiceShortName,
    amount: toFraction(values.amount),
    country: values.country,
    region: regionOf(values) || undefined,
    taxCategoryId: values.taxCategoryId || undefined,
  };
}

/** A state of another country is none of this one. */
function regionOf({ country, region }: TaxRateValues): string {
  const states = STATES[country];
  return !states || states.some(({ value }) => value === region) ? region.trim() : "";
}
