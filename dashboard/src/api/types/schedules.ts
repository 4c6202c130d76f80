/** The wire shapes of billing schedules. */

import type { Price } from "./catalogue";
import type { Decimal } from "./common";
import type { PhaseGrant, PhaseGrantRequest } from "./credits";
import type { PriceTaxRate } from "./taxes";

export type ScheduleStatus =
  | "DRAFT"
  | "PENDING"
  | "ACTIVE"
  | "SUSPENDED"
  | "CANCELLED"
  | "COMPLETED";

export type SeatDiscountType = "ALL_SEATS" | "INCLUDED_SEATS_ONLY" | "OVERAGE_SEATS_ONLY";

export type DiscountRequest = {
  type: "PERCENTAGE" | "NOMINAL";
  /** A fraction where it is a percentage. */
  amount: Decimal;
  message: string;
  separateLineItem: boolean;
  restrictToPrices?: string[];
  seatDiscountType?: SeatDiscountType;
};

export type Discount = DiscountRequest & { id: string };

export type MinimumRequest = { amount: Decimal; restrictToPrices?: string[] };

export type Minimum = MinimumRequest & { id: string };

type PriceMetadata = { priceId: string; arrCalculation: "INCLUDE" | "EXCLUDE" };

export type Phase = {
  id: string;
  name?: string;
  /** None while a milestone before it is not reached. */
  startDate?: string;
  endDate?: string;
  milestone?: string;
  priceIds: string[];
  recurrencePreference: "CONTINUE_FROM_PREVIOUS_PHASE" | "RESET";
  discounts: Discount[];
  minimums: Minimum[];
  creditGrants: PhaseGrant[];
  externalContractRef?: string;
  phasePriceMetadata?: PriceMetadata[];
};

/** On whose invoice charges are: the customer's own, or that of who pays above it. */
export type BillTo = "SELF" | "PARENT";

export type Schedule = {
  id: string;
  customerId: string;
  status: ScheduleStatus;
  startDate: string;
  endDate?: string;
  recurrenceDayOfMonth?: number;
  autoIssueInvoices: boolean;
  adjustLateUsage: boolean;
  rollUpBilling: boolean;
  /** Who is left out of the roll-up, with everyone below. */
  rollUpExclusions?: string[];
  billTo: BillTo;
  purchaseOrderNumber?: string;
  reference?: string;
  label?: string;
  memo?: string;
  defaultDueDateDays?: number;
  taxRates: PriceTaxRate[];
  paymentProvider?: "STRIPE" | "GOCARDLESS" | "NONE";
  autoCharge?: boolean;
  prices: Price[];
  phases: Phase[];
  lastInvoiceId?: string;
  archivedAt?: string;
  suspendedAt?: string;
  cancelledAt?: string;
  createdAt: string;
};

export type PhaseRequest = {
  name?: string;
  startDate?: string;
  endDate?: string;
  milestone?: string;
  priceIds: string[];
  listPriceIds?: string[];
  recurrencePreference?: "CONTINUE_FROM_PREVIOUS_PHASE" | "RESET";
  discounts?: DiscountRequest[];
  minimums?: MinimumRequest[];
  creditGrants?: PhaseGrantRequest[];
  externalContractRef?: string;
  phasePriceMetadata?: PriceMetadata[];
};

export type ScheduleRequest = {
  customerId: string;
  startDate: string;
  endDate?: string;
  recurrenceDayOfMonth?: number;
  autoIssueInvoices: boolean;
  adjustLateUsage: boolean;
  isDraft: boolean;
  rollUpBilling: boolean;
  rollUpExclusions: string[];
  billTo: BillTo;
  taxRates: PriceTaxRate[];
  purchaseOrderNumber?: string;
  label?: string;
  memo?: string;
  defaultDueDateDays?: number;
  phases: PhaseRequest[];
};
