import type { LineItem, LineStep } from "../../api/types";
import { moneyText } from "../../components/format";
import { isZero, sum } from "../../components/fraction";

/** What a discount, a minimum or a credit did: within the line that it reduces, or as a line of its own. */
export function stepText(step: LineStep, { settles }: Pick<LineItem, "settles">, currency: string): string {
  const before = moneyText(step.before, currency);
  if (step.kind === "DISCOUNT") {
    return settles ? `Off charges of ${before}` : `${step.message || "Discount"}, off ${before}`;
  }
  if (step.kind === "CREDIT") return `Pays of ${before}: ${step.message}`;
  if (isZero(step.amount)) return `Charges of ${before} reach the minimum`;
  return `From charges of ${before} up to the minimum of ${moneyText(sum([step.before, step.amount]), currency)}`;
}
