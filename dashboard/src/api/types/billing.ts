/** The wire shapes of invoices and the seller. */

import type { Address, Decimal, Page } from "./common";
import type { TaxStatus } from "./customers";
import type { LineTax, Taxation } from "./taxes";

export type InvoiceStatus = "IN_PROGRESS" | "DRAFT" | "FINAL" | "SENT" | "VOIDED";

export type Invoice = {
  id: string;
  billingScheduleId?: string;
  billingRunId?: string;
  status: InvoiceStatus;
  paymentStatus: "UNPAID" | "PARTIALLY_PAID" | "PAID" | "UNCOLLECTIBLE";
  currency: string;
  invoiceNumber?: string;
  issueDate?: string;
  dueDate?: string;
  accountingDate: string;
  billingPeriod?: { start: string; endInclusive: string };
  purchaseOrderNumber?: string;
  reference?: string;
  memo?: string;
  customerId: string;
  customerLegalCompanyName: string;
  customerBillingAddress: Address;
  customerEmails: string[];
  customerTaxId?: string;
  customerTaxStatus: TaxStatus;
  /** What the invoice says where its customer is not taxed. */
  taxNote?: string;
  linesWithoutTaxRate?: number;
  netTotal: string;
  totalTax: string;
  grossTotal: string;
  calculatedAt?: string;
  createdAt: string;
  updatedAt?: string;
};

export type LineItemGroup = {
  id: string;
  title: string;
  description?: string;
  index: number;
  netTotal: string;
  totalTax: string;
  grossTotal: string;
};

export type Segment = {
  quantity: string;
  rate: string;
  fee?: string;
  amount: string;
  from?: string | null;
  to?: string | null;
};

/** What a discount takes off, a minimum adds or a credit pays: `amount`, to the `before`. */
export type LineStep = {
  kind: "DISCOUNT" | "MINIMUM" | "CREDIT";
  id: string;
  message: string;
  before: string;
  amount: string;
};

export type LineItem = {
  id: string;
  groupId?: string;
  title: string;
  description?: string;
  quantity: string;
  rate: string;
  rateDisplay: "ABSOLUTE" | "PERCENTAGE";
  taxRate: string;
  servicePeriod?: { startDate: string; endDate: string };
  index: number;
  netTotal: string;
  totalTax: string;
  grossTotal: string;
  priceId?: string;
  usageMetricId?: string;
  seatMetricId?: string;
  unit?: string;
  eventCount?: number;
  /** Of an adjustment those of the whole charge. */
  segments?: Segment[];
  adjusts?: Adjustment;
  taxation?: Taxation;
  /** The line is itself a discount, what is missing to a minimum or what a credit pays. */
  settles?: LineStep["kind"];
  /** Of an adjustment those of the whole charge. */
  steps?: LineStep[];
};

/** What a charge comes to by all that is known, and what its lines had billed before. */
export type Adjustment = {
  quantity: string;
  netTotal: string;
  billedQuantity: string;
  billedNetTotal: string;
  reverses: boolean;
  lines: { lineItemId: string; invoiceId: string; invoiceNumber?: string }[];
};

/** From an instant up to but not including another. */
export type Stretch = { from: string; to?: string };

export type MemberShare = {
  customerId: string;
  name: string;
  depth: number;
  path: string[];
  quantity: string;
  eventCount: number;
  counted: Stretch[];
  aliases: string[];
  parentLinkIds: string[];
};

/** A stretch of days with the same seats, and how many of them are charged. */
export type SeatsOfDays = { start: string; days: number; seats: string; charged: string };

export type UsageUsed = {
  metric: {
    id: string;
    name?: string;
    eventType: string;
    aggregationType: string;
    percentile?: Decimal;
    expression?: string;
    parameters?: { name: string; value: Decimal }[];
  };
  window: Stretch;
  quantity: string;
  membersTotal: string;
  eventCount: number;
  /** The query of the API that lists exactly the events which counted. */
  events: string;
  /** Events of before were dropped, some that counted among them. */
  eventsKeptSince?: string;
  treeKnownAt: string;
  /** Where tiers that go on had got to before. */
  tiersBegan?: { since: string; reached: string };
  seats?: SeatsOfDays[];
  members: Page<MemberShare>;
};

/** Why a line has its amount; `usage.members` is one page. */
export type Explanation = {
  lineItemId: string;
  title: string;
  calculatedAt?: string;
  servicePeriod?: { startDate: string; endDate: string };
  price: { name: string };
  quantity: string;
  unit?: string;
  proration?: { days: number; ofDays: number };
  usage?: UsageUsed;
  segments: Segment[];
  rounding: { exact: string; rounded: string };
  settles?: LineStep["kind"];
  /** Of an adjustment, which is the first less the second. */
  adjustment?: { netTotal: string; billedNetTotal: string; agreedAnew?: AgreedAnew };
  tax: LineTax;
  netTotal: string;
};

/** The schedule was changed within what was billed: so many days are given back, or charged after all. */
export type AgreedAnew = {
  changedAt: string;
  givenBack: boolean;
  period: { startDate: string; endDate: string };
  days: number;
  ofDays: number;
};

export type UsageItemGroup = {
  id: string;
  title: string;
  customerId: string;
  depth: number;
  /** From the payer to the member itself. */
  path: string[];
  pathNames?: string[];
  items: { id: string; title: string; value: string; unit?: string; usageMetricId: string }[];
  /** The sum of its shares, by the method that was asked for. */
  netTotal?: string;
};

/** `notes` says where the members' figures do not add up to the pool's. */
export type UsageGroupsPage = Page<UsageItemGroup> & { notes?: string[] };

export type Merchant = {
  id: string;
  invoiceNumberPrefix: string;
  creditNoteNumberPrefix: string;
  legalCompanyName: string;
  address: Address;
  phoneNumber?: string | null;
  email: string;
  defaultDueDateDays: number;
  lastInvoiceNumber?: number;
  lastCreditNoteNumber?: number;
  taxId?: string | null;
  logoUrl?: string | null;
  primaryColour?: string | null;
};
