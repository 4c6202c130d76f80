import type { LineItem } from "../../api/types";
import { Missing, Quantity } from "../../components/Figures";
import { moneyText } from "../../components/format";
import { toPercent } from "../../components/percent";

const isZero = (value: string) => !/[1-9]/.test(value);

/** What a line is charged for. An adjusted fee is an amount alone, of no quantity. */
export function LineQuantity({ line }: { line: LineItem }) {
  const { adjusts, quantity, seatMetricId, unit, usageMetricId } = line;
  const fee = adjusts && !usageMetricId && !seatMetricId;
  return fee && isZero(quantity) ? <Missing /> : <Quantity value={quantity} unit={unit} />;
}

/** The rate of a whole line, where it has one. */
export function LineRate({ line, currency }: { line: LineItem; currency: string }) {
  if (!hasOneRate(line)) return <Missing>see how it is priced</Missing>;
  return rateText(line, currency, line.rate);
}

/** Several parts, a fee, a discount or packages have no one rate per unit; their quotient would say nothing. */
export const hasOneRate = ({ quantity, segments = [], steps, adjusts }: LineItem) =>
  !adjusts &&
  !steps &&
  segments.length < 2 &&
  segments.every((one) => one.quantity === quantity && isZero(one.fee ?? "0"));

/** The rate of a line or of one of its parts: a price, or a percentage. */
export const rateText = (
  { rateDisplay }: Pick<LineItem, "rateDisplay">,
  currency: string,
  rate: string,
) => (rateDisplay === "PERCENTAGE" ? `${toPercent(rate)} %` : moneyText(rate, currency));
