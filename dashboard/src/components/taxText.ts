import type { TaxReason, TaxRate, Taxation } from "../api/types";
import { toPercent } from "./percent";
import { countryName } from "./places";

/** Where a rate, or none, comes from. */
export const TAX_REASONS: Record<TaxReason, string> = {
  SCHEDULE: "agreed on the schedule",
  GRANT: "named by the credit grant",
  CATEGORY: "by the product's tax category, where the customer is",
  DEFAULT: "for all products, where the customer is",
  EXEMPT: "the customer is exempt",
  REVERSE_CHARGED: "reverse charge: the customer is liable",
  MISSING: "no tax rate fits",
  AMBIGUOUS: "several tax rates fit",
  NOT_TAXED: "no tax rates are kept",
};

export const percentText = (fraction: string) => `${toPercent(fraction)} %`;

/** "VAT 20 %", or nothing where a line has no rate. */
export const rateName = ({ name }: Taxation, fraction: string) =>
  name ? `${name} ${percentText(fraction)}` : "";

/** "Germany", "New York, United States" as far as the rate says. */
export const placeText = ({ country, region }: Pick<TaxRate, "country" | "region">) =>
  region ? `${region}, ${countryName(country)}` : countryName(country);
