/** The wire shapes of products and prices. */

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
  /** The billing schedules that have it: how many, and the first few. */
  usedBy?: {
    scheduleCount: number;
    schedules: { id: string; customerId: string; customerName: string }[];
  };
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
