/** Exact figures of the API: decimals, or fractions "1/3" where no decimal is exact. */

import Big from "big.js";

import { decimalText, moneyText } from "./format";

const SHOWN = 8;

function rounded(text: string): string | null {
  const [above, below] = text.split("/");
  return above && below ? new Big(above).div(below).toFixed(SHOWN).replace(/\.?0+$/, "") : null;
}

/** "1/3" -> "≈ 0.33333333"; a decimal with all its digits. */
export function exactText(text: string): string {
  const near = rounded(text);
  return near === null ? decimalText(text) : `≈ ${decimalText(near)}`;
}

/** The same of an amount: "90.6" -> "90.60". */
export function exactMoney(text: string, currency: string): string {
  const near = rounded(text);
  return near === null ? moneyText(text, currency) : `≈ ${moneyText(near, currency)}`;
}

export const isZero = (text: string) => /^-?0(\.0+)?$/.test(text);

/** The sum of decimals. */
export const sum = (texts: string[]) => texts.reduce((all, one) => all.plus(one), new Big(0)).toFixed();
