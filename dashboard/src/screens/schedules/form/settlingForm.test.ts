import { expect, test } from "vitest";

import { discountBody, discountValues, minimumBody, minimumValues, NEW_DISCOUNT, settlingErrors } from "./settlingForm";

test("a percentage is typed in percent and sent as a fraction, digit by digit", () => {
  const discount = {
    id: "d",
    type: "PERCENTAGE" as const,
    amount: 0.125,
    message: "Launch",
    separateLineItem: true,
    restrictToPrices: ["a"],
    seatDiscountType: "OVERAGE_SEATS_ONLY" as const,
  };
  const typed = discountValues(discount);
  expect(typed).toMatchObject({ amount: "12.5", prices: ["price:a"] });

  const { id: _, ...same } = discount;
  expect(discountBody(typed)).toEqual({ ...same, amount: "0.125" });
});

test("a discount without words is called so, and is of all prices where it names none", () => {
  const sent = discountBody({ ...NEW_DISCOUNT, type: "NOMINAL", amount: " 5 " });
  expect(sent).toMatchObject({ amount: "5", message: "Discount", restrictToPrices: undefined });
});

test("a minimum keeps its prices, also those that are yet to be copied", () => {
  expect(minimumValues({ id: "m", amount: 500, restrictToPrices: [] })).toEqual({ amount: "500", prices: [] });
  expect(minimumBody({ amount: "500", prices: ["list:l", "price:p"] })).toEqual({
    amount: "500",
    restrictToPrices: ["l", "p"],
  });
});

test("each refusal names its field", () => {
  const errors = settlingErrors({
    prices: ["list:a"],
    discounts: [
      { ...NEW_DISCOUNT, amount: "101" },
      { ...NEW_DISCOUNT, type: "NOMINAL", amount: "101", prices: ["price:gone"] },
    ],
    minimums: [{ amount: "", prices: ["list:a"] }],
  });
  expect(Object.keys(errors)).toEqual(["discounts.0.amount", "discounts.1.prices", "minimums.0.amount"]);
});
