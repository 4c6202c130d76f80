/** The wire shapes of what a change would do to bills, before anyone makes it. */

import type { Invoice, InvoiceStatus, LineItem, LineItemGroup } from "./billing";
import type { Decimal } from "./common";

/** Before, after, and how much more (or less) that is. */
export type BillChange = { before: Decimal; after: Decimal; change: Decimal };

/** A due day whose bill would be another after a move; where it does not change, it is finalised. */
export type PreviewedPeriod = BillChange & {
  dueOn: string;
  billingPeriod: { start: string; endInclusive: string };
  status: InvoiceStatus | "UNBILLED" | "RUNNING";
  changes: boolean;
  invoiceId?: string;
  invoiceNumber?: string;
};

export type PreviewedSchedule = { billingScheduleId: string; periods: PreviewedPeriod[] };

export type PreviewedPayer = BillChange & {
  customerId: string;
  name: string;
  currency: string;
  schedules: PreviewedSchedule[];
};

/** What a move would do to bills, by payer; the sums leave out what does not change. */
export type MovePreview = {
  payers: PreviewedPayer[];
  refusal?: { status: number; code: string; title: string; detail: string };
};

/** What becomes of how many events when a window is filled anew. */
export type BackfillCounts = { added: number; replaced: number; cancelled: number; unchanged: number };

/** The adjustment that a charge on final invoices would get next, without the backfill and with it. */
export type PreviewedAdjustment = BillChange & {
  customerId: string;
  name: string;
  billingScheduleId: string;
  priceId: string;
  title: string;
  servicePeriod: { start: string; endInclusive: string };
  currency: string;
  billed: Decimal;
  lines: { lineItemId: string; invoiceId: string; invoiceNumber?: string }[];
};

export type BackfillPreview = {
  events: BackfillCounts;
  payers: PreviewedPayer[];
  adjustments: PreviewedAdjustment[];
};

/** An invoice that is not there yet, with what is on it. */
export type PreviewedInvoice = Invoice & {
  dueOn: string;
  lineItemGroups: LineItemGroup[];
  lineItems: LineItem[];
};

/** The next invoice of a schedule by the usage of now; how many customers it measured. */
export type NextInvoice = PreviewedInvoice & {
  usageItemGroups: { pagination: { totalResultSize: number }; notes: string[] };
};

/** What some prices of a schedule are supposed to measure each month. */
export type SupposedUsage = {
  billingScheduleId: string;
  usageMetricId: string;
  priceIds: string[];
  every: Decimal;
  months?: Record<string, Decimal>;
  lastMonth: Decimal;
};

export type SimulationRequest = { until?: string; usage: Record<string, Decimal> };

export type Simulation = {
  asOf: string;
  until: string;
  usage: SupposedUsage[];
  totals: { currency: string; netTotal: Decimal; totalTax: Decimal; grossTotal: Decimal }[];
  invoices: PreviewedInvoice[];
};
