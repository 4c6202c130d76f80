/** The wire shapes of credits. */

import type { Decimal } from "./common";

export type CreditUnit = "CURRENCY" | "METRIC";

export type CreditGrantRequest = {
  sequenceAccountId: string;
  customerId: string;
  name: string;
  creditUnitType: CreditUnit;
  currency: string;
  metricId?: string;
  amount: string;
  costOfCredit?: string;
  taxRateId?: string;
  createInvoice?: boolean;
  effectiveDate?: string;
  expiryDate?: string;
};

export type CreditGrant = { id: string; name: string };

/** A grant and what became of it: the last four amounts are the original one together. */
export type BalanceGrant = {
  id: string;
  name: string;
  currency: string;
  originalAmount: string;
  currentBalance: string;
  appliedAmount: string;
  expiredAmount: string;
  takenBackAmount: string;
  effectiveDate: string;
  expiryDate?: string;
  /** The invoice that sells it. */
  invoiceId?: string;
};

export type CreditTransaction = {
  /** What expired has none. */
  id?: string;
  grantId: string;
  reason: "GRANTED" | "APPLIED" | "RETURNED" | "VOIDED" | "EXPIRED";
  invoiceId?: string;
  type: "CREDIT" | "DEBIT";
  amount: string;
  date: string;
};

/** What is left of one currency (CASH) or usage metric. `projected` of it is held by drafts. */
export type CreditBalance = {
  id: string;
  type: "CASH" | "USAGE";
  name: string;
  balance: string;
  projected: string;
  grants: BalanceGrant[];
  transactions: CreditTransaction[];
};

export type GrantRefresh = "NONE" | "MONTHLY" | "QUARTERLY" | "HALF_YEARLY" | "YEARLY";

export type GrantRollover = "NONE" | "ON_GRANT_REFRESH" | "ON_GRANT_REFRESH_AND_PHASE";

/** What a phase is to grant; with an `id` it grants that already, and nothing of it can change. */
export type PhaseGrantRequest = {
  id?: string;
  name: string;
  creditUnitType: CreditUnit;
  currency?: string;
  amount: Decimal;
  costOfCredit?: Decimal;
  taxRateId?: string;
  grantRefreshFrequency: GrantRefresh;
  rolloverMode: GrantRollover;
  restrictToPrices?: string[];
};

/** Credit that a phase of a schedule grants. */
export type PhaseGrant = PhaseGrantRequest & { id: string; metricId?: string; restrictToPrices: string[] };
