import type {
  BillingFrequency,
  BillingType,
  CalculationFrequency,
  PriceRequest,
  PricingType,
  Structure,
  Tier,
} from "../../api/types";
import { tierErrors } from "../../components/calculator";
import { toFraction } from "../../components/percent";
import { NEW_SEATS, seatErrors, seatStructure, type SeatValues } from "./seatForm";

export const MODELS: { value: PricingType; label: string; hint: string }[] = [
  { value: "ONE_TIME", label: "One-time", hint: "An amount charged once." },
  { value: "FIXED", label: "Fixed", hint: "The same amount every billing period." },
  { value: "LINEAR", label: "Linear", hint: "Every unit of usage costs the same." },
  { value: "PACKAGE", label: "Package", hint: "Usage is sold in packages; a begun one counts as whole." },
  {
    value: "VOLUME",
    label: "Volume",
    hint: "The tier that the whole usage reaches sets the price of all of it.",
  },
  { value: "GRADUATED", label: "Graduated", hint: "Each tier prices only the usage that lies in it." },
  { value: "SEAT_BASED", label: "Seats", hint: "What each seat costs, by the days on which it is there." },
];

export const TIMINGS = [
  { value: "IN_ARREARS", label: "In arrears" },
  { value: "IN_ADVANCE", label: "In advance" },
];

export type TierValues = {
  upperBound: string;
  price: string;
  fee: string;
  minPrice: string;
  maxPrice: string;
};

export const EMPTY_TIER: TierValues = { upperBound: "", price: "", fee: "", minPrice: "", maxPrice: "" };

/** The price form. Where `isPricePercentage` is set, prices are percent as typed, not yet fractions. */
export type PriceValues = {
  productId: string | null;
  kind: "list-prices" | "prices";
  name: string;
  currency: string;
  billingFrequency: BillingFrequency;
  billingType: BillingType;
  structure: {
    pricingType: PricingType;
    price: string;
    pricePerUnit: string;
    packageSize: string;
    pricePerPackage: string;
    usageMetricId: string | null;
    usageCalculationMode: "BILLING_PERIOD" | "CUMULATIVE" | "PERIODIC";
    isPricePercentage: boolean;
    tiers: TierValues[];
  } & SeatValues;
  /** How long PERIODIC tiers go on: so many of these. */
  calculationInterval: string;
  calculationFrequency: CalculationFrequency;
  restrictToCustomers: string[];
  parameters: Record<string, string>; // by id, of a custom metric
};

export const NEW_PRICE: PriceValues = {
  productId: null,
  kind: "list-prices",
  name: "",
  currency: "USD",
  billingFrequency: "MONTHLY",
  billingType: "IN_ARREARS",
  structure: {
    pricingType: "GRADUATED",
    price: "",
    pricePerUnit: "",
    packageSize: "",
    pricePerPackage: "",
    usageMetricId: null,
    usageCalculationMode: "BILLING_PERIOD",
    isPricePercentage: false,
    tiers: [EMPTY_TIER],
    ...NEW_SEATS,
  },
  calculationInterval: "1",
  calculationFrequency: "QUARTERLY",
  restrictToCustomers: [],
  parameters: {},
};

export const countsSeats = (type: PricingType) => type === "SEAT_BASED";
/** Whether a family's figure is added up before it is priced: that of usage and of seats. */
export const isPooled = (type: PricingType) => type !== "ONE_TIME" && type !== "FIXED";
export const measuresUsage = (type: PricingType) => isPooled(type) && !countsSeats(type);
export const hasTiers = (type: PricingType) => type === "VOLUME" || type === "GRADUATED";
export const mayBePercentage = (type: PricingType) => type === "LINEAR" || hasTiers(type);

/** The structure as the API takes it: percent become fractions, empty fields are left out. */
export function structureBody({ structure }: PriceValues): Structure {
  const { pricingType } = structure;
  const percentage = structure.isPricePercentage && mayBePercentage(pricingType);
  const rate = (text: string) => (percentage ? toFraction(text) : text.trim());
  const bounds = (tier: TierValues) => ({
    upperBound: tier.upperBound.trim() || undefined,
    price: rate(tier.price),
    fee: tier.fee.trim() || undefined,
  });
  const usageMetricId = structure.usageMetricId ?? "";
  switch (pricingType) {
    case "LINEAR":
      return {
        pricingType,
        pricePerUnit: rate(structure.pricePerUnit),
        usageMetricId,
        isPricePercentage: percentage,
      };
    case "PACKAGE":
      return {
        pricingType,
        packageSize: structure.packageSize.trim(),
        pricePerPackage: structure.pricePerPackage.trim(),
        usageMetricId,
      };
    case "VOLUME":
    case "GRADUATED": {
      const tiers = structure.tiers.map((tier): Tier => ({
        ...bounds(tier),
        isPricePercentage: percentage,
        ...(pricingType === "VOLUME" && percentage
          ? { minPrice: tier.minPrice.trim() || undefined, maxPrice: tier.maxPrice.trim() || undefined }
          : {}),
      }));
      return pricingType === "VOLUME"
        ? { pricingType, usageMetricId, tiers }
        : { pricingType, usageMetricId, usageCalculationMode: structure.usageCalculationMode, tiers };
    }
    case "SEAT_BASED":
      return seatStructure(structure, structure.tiers.map(bounds));
    default:
      return { pricingType, price: structure.price.trim() };
  }
}

const parameterValues = ({ parameters }: PriceValues) =>
  Object.entries(parameters)
    .map(([parameterId, value]) => ({ parameterId, value: value.trim() }))
    .filter(({ value }) => value !== "");

export const isPeriodic = ({ structure }: PriceValues) =>
  structure.pricingType === "GRADUATED" && structure.usageCalculationMode === "PERIODIC";

export function priceBody(values: PriceValues): PriceRequest {
  return {
    productId: values.productId ?? "",
    name: values.name.trim(),
    currency: values.currency,
    billingFrequency: values.billingFrequency,
    billingType: values.billingType,
    structure: structureBody(values),
    usageCalculationPeriod: isPeriodic(values)
      ? { frequency: values.calculationFrequency, interval: Number(values.calculationInterval) }
      : undefined,
    restrictToCustomers: isPooled(values.structure.pricingType) ? values.restrictToCustomers : [],
    integrationIds: [],
    customMetricParameters: measuresUsage(values.structure.pricingType) ? parameterValues(values) : [],
  };
}

const decimal = (text: string) => /^-?\d+(\.\d+)?$/.test(text.trim());

export function priceErrors(values: PriceValues): Record<string, string> {
  const errors: Record<string, string> = {};
  const { structure } = values;
  const { pricingType } = structure;
  const number = (field: "price" | "pricePerUnit" | "packageSize" | "pricePerPackage") => {
    if (!decimal(structure[field])) errors[`structure.${field}`] = "Give a number, such as 12.50";
  };
  if (!values.productId) errors.productId = "Choose the product";
  if (!values.name.trim()) errors.name = "Give the name printed on invoices";
  if (measuresUsage(pricingType)) {
    if (!structure.usageMetricId) errors["structure.usageMetricId"] = "Choose what is measured";
  } else if (countsSeats(pricingType)) {
    for (const [field, message] of Object.entries(seatErrors(structure, values.billingFrequency))) {
      errors[`structure.${field}`] = message;
    }
  } else {
    number("price");
  }
  if (isPeriodic(values) && !/^[1-9]\d{0,3}$/.test(values.calculationInterval.trim())) {
    errors.calculationInterval = "A whole number from 1 on";
  }
  if (pricingType === "LINEAR") number("pricePerUnit");
  if (pricingType === "PACKAGE") {
    number("packageSize");
    number("pricePerPackage");
  }
  for (const { parameterId, value } of parameterValues(values)) {
    if (!decimal(value)) errors[`parameters.${parameterId}`] = "Give a number, or leave it empty";
  }
  if (hasTiers(pricingType) || (countsSeats(pricingType) && structure.seatTiers)) {
    for (const [field, message] of Object.entries(tierErrors(structure.tiers))) {
      errors[`structure.tiers.${field}`] = message;
    }
  }
  return errors;
}
