/** The wire shapes of shares, their explanations, and statements. */

import type { InvoiceStatus } from "./billing";
import type { Page } from "./common";
import type { TaxSum } from "./taxes";

export type Method = "PROPORTIONAL" | "MARGINAL" | "STANDALONE";

/** A customer's share of a line. */
export type Allocation = {
  customerId: string;
  path: string[];
  lineItemId: string;
  quantity: string;
  netTotal: string;
};

/** So much of a segment; `amount` may be a fraction, "1/3". */
export type Term = {
  from?: string;
  to?: string;
  rate: string;
  fee: string;
  quantity: string;
  amount: string;
  ofQuantity: string;
  ofAmount: string;
};

/** What a customer has of a line that a discount or minimum is of. */
export type SettledTerm = {
  priceId: string;
  title: string;
  servicePeriod: { startDate: string; endDate: string };
  amount: string;
};

export type MemberReckoning = {
  customerId: string;
  name: string;
  path: string[];
  pathNames: string[];
  quantity: string;
  terms: Term[];
  settled?: SettledTerm[];
  weight: string;
  exact: string;
  cut: string;
  leftover: string;
  netTotal: string;
};

/** How a share came about; `members` is one page of those whose sum it is. */
export type ShareExplanation = {
  customerId: string;
  customerName: string;
  currency: string;
  method: Method;
  weighedBy: "QUANTITY" | "SEGMENTS" | "EVENTS" | "ALONE" | "LINES" | "OWNER" | "LINE";
  line: {
    title: string;
    quantity: string;
    unit?: string;
    netTotal: string;
    /** What an adjustment shares: the whole charge. */
    wholeNetTotal?: string;
    sharingCustomers: number;
  };
  quantity?: string;
  weight: string;
  weightsTotal: string;
  exact: string;
  /** What the customer has of the lines that an adjustment takes off. */
  deducted?: { lineItemId: string; netTotal: string }[];
  netTotal: string;
  members: Page<MemberReckoning>;
};

/** How the totals of an invoice came about. */
export type TotalsExplanation = {
  status: InvoiceStatus;
  currency: string;
  calculatedAt?: string;
  treeKnownAt?: string;
  steps: { step: "CHARGES" | "DISCOUNTS" | "MINIMUMS" | "CREDITS" | "TAX"; amount: string; total: string }[];
  groups: {
    groupId: string;
    title: string;
    netTotal: string;
    lines: { lineItemId: string; title: string; priceName: string; exact: string; netTotal: string }[];
  }[];
  rounding: { exact: string; rounded: string };
  taxes: TaxSum[];
  netTotal: string;
  totalTax: string;
  grossTotal: string;
};

/** A customer's share of an issued invoice, or with its descendants that of its branch. */
export type StatementHead = {
  customerId: string;
  customerName: string;
  includeDescendants: boolean;
  invoiceId: string;
  invoiceNumber?: string;
  payerId: string;
  payerName: string;
  currency: string;
  billingPeriod?: { start: string; endInclusive: string };
  accountingDate: string;
  issueDate?: string;
  method: Method;
  netTotal: string;
  totalTax: string;
  grossTotal: string;
};

/** Without `value` the customers' figures do not add up. */
export type StatementUsage = { usageMetricId: string; title: string; value?: string; unit?: string };

export type StatementLine = {
  lineItemId: string;
  title: string;
  quantity?: string;
  unit?: string;
  servicePeriod?: { startDate: string; endDate: string };
  netTotal: string;
};

export type StatementMember = {
  customerId: string;
  name: string;
  depth: number;
  pathNames: string[];
  usage: StatementUsage[];
  netTotal: string;
};

export type Statement = StatementHead & {
  usage: StatementUsage[];
  lines: StatementLine[];
  members?: Page<StatementMember>;
};
