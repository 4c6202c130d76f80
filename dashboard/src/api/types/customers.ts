/** The wire shapes of customers and of their dated tree. */

import type { Address } from "./common";

export type BillingPreference = "PRIMARY" | "STANDARD" | "NONE";

export type TaxStatus = "TAXED" | "TAX_EXEMPT" | "REVERSE_CHARGED";

export type Contact = {
  id: string;
  name: string;
  email: string;
  billingPreference: BillingPreference;
  archivedAt?: string;
};

export type Customer = {
  id: string;
  createdAt: string;
  legalName: string;
  address: Address;
  url?: string;
  label?: string;
  taxStatus: TaxStatus;
  status?: "DRAFT" | "ACTIVE";
  contacts?: Contact[];
  customProperties?: Record<string, string>;
  parentId?: string | null;
  organizations?: { id: string; owner: { id: string; name: string } }[];
  integrationIds?: { service: string; id: string }[];
  archivedAt?: string;
  childCount?: number;
  descendantCount?: number;
};

/** A customer in the tree. `descendantCount` is told by levels, not by searches. */
export type PlacedCustomer = {
  id: string;
  name: string;
  label?: string;
  parentId?: string;
  childCount: number;
  descendantCount?: number;
  archivedAt?: string;
};

/** A match of a search and everyone above it, root first. */
export type FoundCustomer = PlacedCustomer & { ancestors: PlacedCustomer[] };

export type CustomerRequest = {
  legalName: string;
  address: Address;
  taxStatus: TaxStatus;
  contacts: { name: string; email: string; billingPreference: BillingPreference }[];
  url?: string;
  label?: string;
  customerAliases?: string[];
  customProperties?: Record<string, string>;
  integrationIds?: { service: string; id: string }[];
  status?: "DRAFT" | "ACTIVE";
  /** Left out: unchanged. Null: detached from now on. */
  parentId?: string | null;
};

export type Alias = { id: string; customerId: string; value: string; label?: string };

/** One stretch of a customer's parenthood: [effectiveFrom, effectiveTo). */
export type ParentLink = {
  id?: string;
  customerId: string;
  parentId?: string | null;
  parentName?: string;
  effectiveFrom: string;
  effectiveTo?: string | null;
  recordedAt: string;
  reason?: string;
  supersededAt?: string | null;
};

/** A link that began on some day, and whose child the customer was until then. */
export type Move = ParentLink & {
  customerName: string;
  previousParentId?: string;
  previousParentName?: string;
};
