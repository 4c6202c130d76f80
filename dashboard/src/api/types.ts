/** The wire shapes of the public API, as far as the dashboard reads or writes them. */

export type * from "./types-billing";
export type * from "./types-credits";
export type * from "./types-previews";
export type * from "./types-schedules";
export type * from "./types-shares";
export type * from "./types-spend";
export type * from "./types-taxes";

export type Page<T> = {
  items: T[];
  pagination?: { after?: string; before?: string; totalResultSize?: number };
};

/** A decimal as the API sent it: text, or a number that loses nothing (see `exact` in http.ts). */
export type Decimal = string | number;

export type Session = {
  user: { id: string; email: string };
  sequenceAccountId: string;
  workspaceName: string;
  timezone?: string;
};

export type Address = {
  line1: string;
  line2?: string;
  town: string;
  state?: string;
  postcode: string;
  country: string;
};

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

export type ProductRequest = { name: string; label?: string; taxCategoryId?: string };

export type Product = ProductRequest & {
  id: string;
  createdAt: string;
  updatedAt: string;
  archivedAt?: string;
};

export type PricingType =
  | "ONE_TIME"
  | "FIXED"
  | "LINEAR"
  | "PACKAGE"
  | "VOLUME"
  | "GRADUATED"
  | "SEAT_BASED";
export type BillingFrequency =
  | "ON_DEMAND"
  | "PER_EVENT"
  | "ONE_TIME"
  | "MONTHLY"
  | "QUARTERLY"
  | "HALF_YEARLY"
  | "YEARLY";
export type BillingType = "IN_ARREARS" | "IN_ADVANCE";

export type Tier = {
  upperBound?: string | null;
  price: string;
  fee?: string;
  isPricePercentage?: boolean;
  minPrice?: string;
  maxPrice?: string;
};

export type ProrationStrategy = "USE_MAXIMUM" | "PRORATE_INCREMENTS" | "PRORATE_ALL_CHANGES";

export type Structure = {
  pricingType: PricingType;
  price?: string;
  pricePerUnit?: string;
  isPricePercentage?: boolean;
  packageSize?: string;
  pricePerPackage?: string;
  usageMetricId?: string;
  usageCalculationMode?: "BILLING_PERIOD" | "CUMULATIVE" | "PERIODIC";
  seatMetricId?: string;
  pricePerSeat?: string;
  prorationStrategy?: ProrationStrategy;
  contractedMinimumSeats?: number;
  overagesBillingFrequency?: BillingFrequency | "NONE";
  prorateFlatFees?: boolean;
  tiers?: Tier[];
};

export type CalculationFrequency = "MONTHLY" | "QUARTERLY" | "HALF_YEARLY" | "YEARLY";

export type Price = {
  id: string;
  productId: string;
  name: string;
  currency: string;
  structure: Structure;
  billingFrequency: BillingFrequency;
  billingType: BillingType;
  /** How long PERIODIC tiers go on. */
  usageCalculationPeriod?: { frequency: CalculationFrequency; interval: number };
  createdAt: string;
  listPriceId?: string;
  /** It prices only these customers and whoever is below them. */
  restrictToCustomers?: string[];
  customMetricParameters?: ParameterValue[];
  archivedAt?: string;
};

export type PriceRequest = Pick<
  Price,
  | "productId"
  | "name"
  | "currency"
  | "structure"
  | "billingFrequency"
  | "billingType"
  | "usageCalculationPeriod"
  | "restrictToCustomers"
> & { integrationIds: []; customMetricParameters: ParameterValue[] };

/** What a price sets of a custom metric. */
export type ParameterValue = { parameterId: string; value: string };

export type AggregationType =
  | "COUNT"
  | "SUM"
  | "UNIQUE"
  | "MAX"
  | "LATEST"
  | "AVERAGE"
  | "PERCENTILE"
  | "TIME_WEIGHTED_SUM"
  | "CUSTOM";

export type ParameterType = "INTEGER" | "POSITIVE_INTEGER" | "NUMBER" | "POSITIVE_NUMBER";

export type MetricParameter = {
  id: string;
  name: string;
  type: ParameterType;
  description: string;
  defaultValue: string;
};

export type Metric = {
  id: string;
  name: string;
  description?: string;
  metricType: "SIMPLE" | "GROUPED" | "CUSTOM";
  eventType: string;
  aggregationType: AggregationType;
  aggregationProperty?: string;
  percentile?: string;
  expression?: string;
  parameters: MetricParameter[];
  unit?: string;
  propertyFilters: Record<string, string[]>;
  propertiesToNegate?: string[];
  caseSensitive?: boolean;
  createdAt?: string;
};

export type MetricRequest = Omit<Metric, "id" | "createdAt" | "parameters"> & {
  parameters?: (Omit<MetricParameter, "id"> & { id?: string })[];
};

export type Calculation = { name: string; eventCount: number; value: Decimal; unit?: string };

export type UsageBucket = { periodStart: string; value: Decimal; eventCount: number };

export type UsageEvent = {
  id: string;
  customerEventId: string;
  customerAlias: string;
  eventType: string;
  eventTimestamp: string;
  eventProperties: Record<string, unknown>;
  isLatestForCustomerEventId?: boolean;
  isCancelled?: boolean;
};

/** Usage under a name that no customer has. */
export type UnmappedAlias = {
  customerAlias: string;
  eventCount: number;
  firstEventAt: string;
  lastEventAt: string;
};

export type UsageEventRequest = {
  customerAlias: string;
  eventType: string;
  eventTimestamp?: string;
  customerEventId?: string;
  eventProperties?: Record<string, unknown>;
};
