import Big from "big.js";

import type { Decimal } from "../../../api/types";

/** A part of a whole in percent with one decimal; nothing has no parts. */
export function part(value: Decimal, whole: Decimal): string {
  const all = new Big(whole);
  return all.eq(0) ? "–" : `${new Big(value).times(100).div(all).toFixed(1)} %`;
}
