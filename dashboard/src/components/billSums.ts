/** Sums of a move's effect on bills. Like a payer's own, they leave out what stays as it is. */

import Big from "big.js";

import type { BillChange, PreviewedPayer, PreviewedSchedule } from "../api/types";

const NOTHING: BillChange = { before: "0", after: "0", change: "0" };

function plus(a: BillChange, b: BillChange): BillChange {
  const sum = (name: keyof BillChange) => new Big(a[name]).plus(b[name]).toFixed();
  return { before: sum("before"), after: sum("after"), change: sum("change") };
}

export const scheduleSums = ({ periods }: PreviewedSchedule): BillChange =>
  periods.filter(({ changes }) => changes).reduce(plus, NOTHING);

/** All payers together, by currency. */
export function totals(payers: PreviewedPayer[]): (BillChange & { currency: string })[] {
  const found = new Map<string, BillChange>();
  for (const payer of payers) {
    found.set(payer.currency, plus(found.get(payer.currency) ?? NOTHING, payer));
  }
  return Array.from(found, ([currency, sums]) => ({ currency, ...sums }));
}
