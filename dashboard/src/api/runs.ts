import { queryOptions } from "@tanstack/react-query";

import { api, type Query } from "./http";
import type { Decimal, Page } from "./types";

export type RunStatus = "RUNNING" | "BALANCED" | "UNBALANCED" | "CANCELLED" | "FAILED";

/** How many of the planned invoices, and of the chunks that are kept whole, are done. */
export type RunProgress = {
  invoicesDone: number;
  invoiceCount: number;
  chunksDone: number;
  chunkCount: number;
};

export type RunTotal = { currency: string; invoiceCount: number; netTotal: string; grossTotal: string };

export type BillingRun = {
  id: string;
  asOf: string;
  status: RunStatus;
  source: "API" | "CLI" | "SCHEDULE";
  /** The run whose failures it bills once more. */
  retryOf?: string;
  acceptBounds: boolean;
  createdAt: string;
  finishedAt?: string;
  /** Why it failed. */
  error?: string;
  progress: RunProgress;
  draftedCount: number;
  issuedCount: number;
  /** Of those it drafted, whoever issued them. */
  issuedByNowCount?: number;
  invoicesWithoutTaxRate: number;
  failureCount: number;
  differenceCount: number;
  totals: RunTotal[];
};

/** How many of the invoices of a run are issued, by itself or by hand since. */
export const issued = (run: BillingRun) => run.issuedByNowCount ?? run.issuedCount;

/** Where the events of a metric went; of customers and aliases those with the most events are named. */
export type MetricBalance = {
  usageMetricId: string;
  usageMetricName?: string;
  period: { start: string; endInclusive: string };
  received: number;
  billed: number;
  other: number;
  unpriced: number;
  unmapped: number;
  balanced: boolean;
  unpricedCustomers: { customerId: string; customerLegalCompanyName?: string; eventCount: number }[];
  unmappedAliases: { customerAlias: string; eventCount: number }[];
};

/** What came after its invoice was final: events beyond those billed, by what becomes of them. */
export type LateBalance = {
  usageMetricId: string;
  usageMetricName?: string;
  period: { start: string; endInclusive: string };
  received: number;
  adjusted: number;
  waiting: number;
  turnedOff: number;
  balanced: boolean;
};

export type RunFailure = {
  customerId: string;
  customerLegalCompanyName?: string;
  billingScheduleId: string;
  /** The draft that is parked: out of bounds, so not issued by itself. */
  invoiceId?: string;
  code: string;
  reason: string;
};

export type RunDifference = {
  customerId?: string;
  customerLegalCompanyName?: string;
  billingScheduleId?: string;
  invoiceId?: string;
  part: "line" | "group" | "invoice" | "metric";
  partId: string;
  figure: string;
  expected: string;
  found: string;
};

export type BillingRunReport = BillingRun & {
  controlSheet: { invoiceCount: number; lineCount: number; metrics: MetricBalance[]; late: LateBalance[] };
  failures: RunFailure[];
  differences: RunDifference[];
};

/** What an invoice must keep to, to be issued without anybody looking at it. */
export type BillingBounds = { mostLines: number; jumpFactor: Decimal; jumpFrom: Decimal };

export const billingBounds = queryOptions({
  queryKey: ["runs", "bounds"],
  queryFn: ({ signal }) => api.get<BillingBounds>("/billing-bounds", {}, signal),
});

export const saveBillingBounds = (bounds: BillingBounds) => api.put<BillingBounds>("/billing-bounds", bounds);

/** How often a run at work is looked at. */
const LOOK_AGAIN_MS = 2_000;

export const runList = (query: Query) =>
  queryOptions({
    queryKey: ["runs", "list", query],
    queryFn: ({ signal }) => api.get<Page<BillingRun>>("/billing-runs", query, signal),
    refetchInterval: ({ state }) =>
      state.data?.items.some((run) => run.status === "RUNNING") ? LOOK_AGAIN_MS : false,
  });

export const run = (id: string) =>
  queryOptions({
    queryKey: ["runs", "one", id],
    queryFn: ({ signal }) => api.get<BillingRunReport>(`/billing-runs/${id}`, {}, signal),
    refetchInterval: ({ state }) => state.data?.status === "RUNNING" && LOOK_AGAIN_MS,
  });

export const startRun = (asOf: string, key: string) =>
  api.post<BillingRunReport>("/billing-runs", { asOf }, key);

export const cancelRun = (id: string, key: string) =>
  api.post<BillingRunReport>(`/billing-runs/${id}/cancel`, undefined, key);

export const retryRun = (id: string, acceptBounds: boolean, key: string) =>
  api.post<BillingRunReport>(`/billing-runs/${id}/retry`, { acceptBounds }, key);
