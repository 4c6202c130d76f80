/** What a price would come to: a preview while typing. The API's own figures are the ones that count. */

import Big from "big.js";

import type { Structure, Tier } from "../api/types";

Big.DP = 30;

export type Part = { quantity: string; rate: string; fee?: string; amount: string };
export type Preview = { amount: string; parts: Part[] };

function decimal(text: string | undefined | null): Big | null {
  const trimmed = text?.trim() ?? "";
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? new Big(trimmed) : null;
}

/** Null while something needed is missing or no number. Zero usage enters no tier and costs nothing. */
export function preview(structure: Structure, quantity: string): Preview | null {
  const units = decimal(quantity);
  switch (structure.pricingType) {
    case "ONE_TIME":
    case "FIXED":
      return flat(structure.price);
    case "LINEAR": {
      const rate = decimal(structure.pricePerUnit);
      if (!units || !rate || units.lt(0)) return null;
      return units.eq(0) ? total([]) : total([part(units, rate)]);
    }
    case "PACKAGE": {
      const size = decimal(structure.packageSize);
      const price = decimal(structure.pricePerPackage);
      if (!units || !size || !price || units.lt(0) || size.lte(0)) return null;
      const packages = wholePackages(units, size);
      return packages.eq(0) ? total([]) : total([part(packages, price)]);
    }
    case "VOLUME":
    case "GRADUATED":
      if (!units || units.lt(0)) return null;
      return tiered(structure.pricingType, structure.tiers ?? [], units);
    case "SEAT_BASED":
      return units && units.gte(0) ? seats(structure, units) : null;
    default:
      return null;
  }
}

/** Seats that are there all through a billing period, and at least those contracted. */
function seats({ contractedMinimumSeats = 0, tiers = [], pricePerSeat = "" }: Structure, there: Big): Preview | null {
  const least = new Big(Number.isFinite(contractedMinimumSeats) ? contractedMinimumSeats : 0);
  return tiered("GRADUATED", tiers.length ? tiers : [{ price: pricePerSeat }], there.gt(least) ? there : least);
}

function flat(price: string | undefined): Preview | null {
  const amount = decimal(price);
  return amount ? total([part(new Big(1), amount)]) : null;
}

/** How many packages are begun: exact, where a rounded quotient could lie just above a whole number. */
function wholePackages(units: Big, size: Big): Big {
  const whole = units.div(size).round(0, Big.roundDown);
  return whole.times(size).lt(units) ? whole.plus(1) : whole;
}

function tiered(kind: "VOLUME" | "GRADUATED", tiers: Tier[], units: Big): Preview | null {
  const parts: Part[] = [];
  let lower = new Big(0);
  for (const tier of tiers) {
    const open = !tier.upperBound;
    const upper = open ? null : decimal(tier.upperBound);
    const price = decimal(tier.price);
    const fee = tier.fee?.trim() ? decimal(tier.fee) : new Big(0);
    if (!price || !fee || (!open && !upper)) return null;
    if (units.lte(lower)) break;
    const reached = upper === null || units.lte(upper);
    if (kind === "GRADUATED") {
      parts.push(part((reached ? units : upper).minus(lower), price, fee));
    } else if (reached) {
      parts.push(part(units, price, fee));
    }
    if (upper === null || reached) return total(parts);
    lower = upper;
  }
  return units.lte(lower) ? total(parts) : null;
}

function part(quantity: Big, rate: Big, fee: Big = new Big(0)): Part {
  return {
    quantity: quantity.toFixed(),
    rate: rate.toFixed(),
    fee: fee.eq(0) ? undefined : fee.toFixed(),
    amount: quantity.times(rate).plus(fee).toFixed(),
  };
}

function total(parts: Part[]): Preview {
  const sum = parts.reduce((whole, { amount }) => whole.plus(amount), new Big(0));
  return { amount: sum.toFixed(), parts };
}

/** What is wrong with a tier table, by row and field; empty when it may be sent. */
export function tierErrors(tiers: Tier[]): Record<string, string> {
  const errors: Record<string, string> = {};
  let lower = new Big(0);
  tiers.forEach((tier, index) => {
    const last = index === tiers.length - 1;
    const upper = decimal(tier.upperBound);
    if (!tier.upperBound?.trim()) {
      if (!last) errors[`${index}.upperBound`] = "Only the last tier may be open. Give its upper bound.";
    } else if (!upper) {
      errors[`${index}.upperBound`] = "Not a number";
    } else if (upper.lte(lower)) {
      errors[`${index}.upperBound`] = `Must be above ${lower.toFixed()}, where the tier begins`;
    } else {
      lower = upper;
    }
    if (!decimal(tier.price)) errors[`${index}.price`] = "Give a price, 0 if it is free";
    if (tier.fee?.trim() && !decimal(tier.fee)) errors[`${index}.fee`] = "Not a number";
    if (tier.minPrice?.trim() && !decimal(tier.minPrice)) errors[`${index}.minPrice`] = "Not a number";
    if (tier.maxPrice?.trim() && !decimal(tier.maxPrice)) errors[`${index}.maxPrice`] = "Not a number";
  });
  return errors;
}
