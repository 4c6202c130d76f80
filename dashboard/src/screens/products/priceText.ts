import type { Price, Tier } from "../../api/types";
import { decimalText, moneyText, plural } from "../../components/format";
import { toPercent } from "../../components/percent";
import { FREQUENCIES, isOnDemand, periodName } from "./frequencies";
import { MODELS, TIMINGS } from "./priceForm";
import { seatTermsText } from "./seatForm";

export const modelName = ({ structure }: Price) =>
  MODELS.find(({ value }) => value === structure.pricingType)?.label ?? structure.pricingType;

/** "Monthly, in arrears" */
export function cadenceText({ billingFrequency, billingType }: Price): string {
  const frequency = FREQUENCIES.find(({ value }) => value === billingFrequency)?.label;
  const timing = TIMINGS.find(({ value }) => value === billingType)?.label;
  return `${frequency ?? billingFrequency}, ${(timing ?? billingType).toLowerCase()}`;
}

/** What it costs, in a few words. */
export function rateText({ structure, currency }: Price): string {
  switch (structure.pricingType) {
    case "LINEAR":
      return structure.isPricePercentage
        ? `${toPercent(structure.pricePerUnit ?? "")} %`
        : `${moneyText(structure.pricePerUnit ?? "", currency)} per unit`;
    case "PACKAGE":
      return `${moneyText(structure.pricePerPackage ?? "", currency)} per ${decimalText(structure.packageSize ?? "")}`;
    case "SEAT_BASED":
      return structure.tiers?.length
        ? tiersText(structure.tiers, currency, "seat")
        : `${moneyText(structure.pricePerSeat ?? "", currency)} per seat`;
    case "VOLUME":
    case "GRADUATED":
      return tiersText(structure.tiers ?? [], currency);
    default:
      return moneyText(structure.price ?? "", currency);
  }
}

/** What else there is to say of seats, or of tiers that go on; nothing of most prices. */
export function termsText(price: Price): string {
  if (price.structure.pricingType === "SEAT_BASED") return seatTermsText(price);
  const { usageCalculationPeriod: period, structure, billingFrequency } = price;
  const { pricingType, usageCalculationMode: mode } = structure;
  const daily = isOnDemand(billingFrequency) && pricingType === "GRADUATED";
  if (mode === "CUMULATIVE" || (daily && mode === "BILLING_PERIOD")) return "Tiers go on through the phase";
  if (!period) return "";
  const { frequency, interval } = period;
  const each = periodName(frequency);
  return `Tiers go on for ${interval === 1 ? `a ${each}` : plural(interval, each)}`;
}

function tiersText(tiers: Tier[], currency: string, unit = "unit"): string {
  const [only] = tiers;
  if (!only || tiers.length > 1) return plural(tiers.length, "tier");
  const rate = only.isPricePercentage
    ? `${toPercent(only.price)} %`
    : `${moneyText(only.price, currency)} per ${unit}`;
  return only.fee && !/^0(\.0+)?$/.test(only.fee) ? `${rate} and ${moneyText(only.fee, currency)}` : rate;
}
