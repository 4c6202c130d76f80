/** Discounts and minimums of a phase, as they are typed. */

import type { Discount, DiscountRequest, Minimum, MinimumRequest, SeatDiscountType } from "../../../api/types";
import { toFraction, toPercent } from "../../../components/percent";
import { idOf } from "./priceKeys";

export type DiscountValues = {
  type: DiscountRequest["type"];
  /** Percent where it is a percentage, else money. */
  amount: string;
  message: string;
  separateLineItem: boolean;
  /** The prices it is of, by their keys in the phase; none: all. */
  prices: string[];
  /** Which seats of a seat price it is of; left out: all. Other prices are discounted whole. */
  seatDiscountType?: SeatDiscountType;
};

export type MinimumValues = { amount: string; prices: string[] };

export const NEW_DISCOUNT: DiscountValues = {
  type: "PERCENTAGE",
  amount: "",
  message: "",
  separateLineItem: false,
  prices: [],
};

export const NEW_MINIMUM: MinimumValues = { amount: "", prices: [] };

const keys = (ids: string[] = []) => ids.map((id) => `price:${id}`);

export const discountValues = (discount: Discount): DiscountValues => ({
  type: discount.type,
  amount: discount.type === "PERCENTAGE" ? toPercent(String(discount.amount)) : String(discount.amount),
  message: discount.message,
  separateLineItem: discount.separateLineItem,
  prices: keys(discount.restrictToPrices),
  seatDiscountType: discount.seatDiscountType,
});

export const minimumValues = ({ amount, restrictToPrices }: Minimum): MinimumValues => ({
  amount: String(amount),
  prices: keys(restrictToPrices),
});

const restricted = (prices: string[]) => (prices.length ? prices.map(idOf) : undefined);

export const discountBody = (values: DiscountValues): DiscountRequest => ({
  type: values.type,
  amount: values.type === "PERCENTAGE" ? toFraction(values.amount) : values.amount.trim(),
  message: values.message.trim() || "Discount",
  separateLineItem: values.separateLineItem,
  restrictToPrices: restricted(values.prices),
  seatDiscountType: values.seatDiscountType,
});

export const minimumBody = ({ amount, prices }: MinimumValues): MinimumRequest => ({
  amount: amount.trim(),
  restrictToPrices: restricted(prices),
});

const isAmount = (text: string) => /^\d+(\.\d+)?$/.test(text.trim());

type Settling = { prices: string[]; discounts: DiscountValues[]; minimums: MinimumValues[] };

/** What is wrong with them, by field; a price they are of must still be one of the phase. */
export function settlingErrors({ prices, discounts, minimums }: Settling): Record<string, string> {
  const errors: Record<string, string> = {};
  const check = (at: string, amount: string, of: string[]) => {
    if (!isAmount(amount)) errors[`${at}.amount`] = "Give a number, such as 12.50";
    if (of.some((key) => !prices.includes(key))) {
      errors[`${at}.prices`] = "Names a price that the phase no longer has";
    }
  };
  discounts.forEach(({ type, amount, prices: of }, index) => {
    const at = `discounts.${index}`;
    check(at, amount, of);
    if (type === "PERCENTAGE" && isAmount(amount) && Number(amount) > 100) {
      errors[`${at}.amount`] = "At most 100 percent";
    }
  });
  minimums.forEach(({ amount, prices: of }, index) => check(`minimums.${index}`, amount, of));
  return errors;
}
