/** The bounds of what is issued by itself, as they are typed. */

import type { BillingBounds } from "../../api/runs";

export type BoundsValues = { mostLines: string; jumpFactor: string; jumpFrom: string };

export const boundsValues = ({ mostLines, jumpFactor, jumpFrom }: BillingBounds): BoundsValues => ({
  mostLines: String(mostLines),
  jumpFactor: String(jumpFactor),
  jumpFrom: String(jumpFrom),
});

export const boundsBody = (values: BoundsValues): BillingBounds => ({
  mostLines: Number(values.mostLines.trim()),
  jumpFactor: values.jumpFactor.trim(),
  jumpFrom: values.jumpFrom.trim(),
});

const isNumber = (text: string) => /^\d{1,15}(\.\d{1,12})?$/.test(text.trim());

/** What no bounds can be, by field. */
export function boundsErrors(values: BoundsValues): Partial<Record<keyof BoundsValues, string>> {
  const errors: Partial<Record<keyof BoundsValues, string>> = {};
  const lines = values.mostLines.trim();
  if (!/^\d{1,7}$/.test(lines) || Number(lines) < 1 || Number(lines) > 1_000_000) {
    errors.mostLines = "A whole number from 1 to 1,000,000";
  }
  if (!isNumber(values.jumpFactor) || !/[1-9]/.test(values.jumpFactor)) {
    errors.jumpFactor = "A number above 0, such as 10";
  }
  if (!isNumber(values.jumpFrom)) errors.jumpFrom = "An amount, such as 1000";
  return errors;
}
