/** The wire shapes of what a family spent. */

import type { Decimal } from "./common";
import type { Method } from "./shares";

export type Amounts = { netTotal: Decimal; totalTax: Decimal; grossTotal: Decimal };

/** A customer with all below it: `own`, `children` and `others` add up to its totals. */
export type SpendBranch = Amounts & {
  customerId: string;
  name: string;
  own: Amounts;
  /** How many of its children have a part; not all of them need be among `children`. */
  childCount: number;
  children: SpendBranch[];
  others?: Amounts & { customerCount: number };
};

/** An invoice, and what of it is the branch's. */
export type SpendInvoice = Amounts & {
  invoiceId: string;
  invoiceNumber?: string;
  status: string;
  payerId: string;
  payerName: string;
  billingPeriod?: { start: string; endInclusive: string };
};

export type CurrencySpend = { currency: string; branch: SpendBranch; invoices: SpendInvoice[] };

export type Spend = {
  /** From the customer down to the branch. */
  path: { customerId: string; name: string }[];
  method: Method;
  items: CurrencySpend[];
};

export type SpendPeriod = { start: string; endInclusive: string; invoiceCount: number };
