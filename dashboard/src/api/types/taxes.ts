/** The wire shapes of taxes and of payment settings. */

export type TaxReason =
  | "SCHEDULE"
  | "GRANT"
  | "CATEGORY"
  | "DEFAULT"
  | "EXEMPT"
  | "REVERSE_CHARGED"
  | "MISSING"
  | "AMBIGUOUS"
  | "NOT_TAXED";

/** Why a line has its rate, and which version of which rate it is. */
export type Taxation = {
  reason: TaxReason;
  taxRateId?: string;
  taxRateVersion?: number;
  name?: string;
  shortName?: string;
};

/** What is taxed alike. */
export type TaxSum = Taxation & { taxRate: string; netTotal: string; totalTax: string };

export type LineTax = Taxation & {
  taxRate: string;
  /** None of a credit: its tax is a difference. */
  exact?: string;
  rounded: string;
  /** Of a credit: its charge, less what is given back. */
  leftToPay?: { netBefore: string; taxBefore: string; netAfter: string; taxAfter: string };
};

export type TaxRateRequest = {
  isPublished: boolean;
  name: string;
  invoiceName: string;
  invoiceShortName: string;
  amount: string;
  country: string;
  region?: string;
  taxCategoryId?: string;
};

export type TaxRate = TaxRateRequest & {
  id: string;
  version: number;
  isArchived: boolean;
  updatedAt: string;
};

export type TaxCategoryRequest = { isPublished: boolean; name: string; description?: string };

export type TaxCategory = TaxCategoryRequest & { id: string; version: number; updatedAt: string };

export type TaxRegistrationRequest = {
  taxIdentifier: string;
  customerId?: string;
  merchantId?: string;
  country: string;
  state?: string;
};

export type TaxRegistration = TaxRegistrationRequest & { id: string };

/** The tax rate agreed for a price. */
export type PriceTaxRate = { priceId: string; taxRateId: string };

export type PaymentInForce = {
  setBy: "INVOICE" | "BILLING_SCHEDULE" | "CUSTOMER" | "NOBODY";
  paymentProvider: "STRIPE" | "GOCARDLESS" | "NONE";
  autoCharge: boolean;
};
