import { expect, test } from "vitest";

import { preview } from "../../components/calculator";
import { chargedWhen, NEW_SEATS, overageChoices, seatErrors, seatStructure } from "./seatForm";

const SEATS = { ...NEW_SEATS, seatMetricId: "m", pricePerSeat: "15" };
const TIERS = [{ upperBound: "15", price: "12", fee: "5" }, { price: "15" }];

test("a price per seat has no tiers and no fees to prorate", () => {
  expect(seatStructure({ ...SEATS, contractedMinimumSeats: "20", prorateFlatFees: true }, TIERS)).toEqual({
    pricingType: "SEAT_BASED",
    seatMetricId: "m",
    pricePerSeat: "15",
    prorationStrategy: "PRORATE_ALL_CHANGES",
    contractedMinimumSeats: 20,
    overagesBillingFrequency: undefined,
    tiers: [],
    prorateFlatFees: false,
  });
});

test("tiers leave nothing of a price per seat typed before", () => {
  const sent = seatStructure({ ...SEATS, seatTiers: true, prorateFlatFees: true }, TIERS);
  expect(sent).toMatchObject({ pricePerSeat: "0", tiers: TIERS, prorateFlatFees: true });
});

test("fewer seats than are contracted come to as much as those", () => {
  const price = seatStructure({ ...SEATS, contractedMinimumSeats: "100" }, []);
  expect(preview(price, "90")?.amount).toBe("1500");
  expect(preview(price, "101")?.amount).toBe("1515");
  expect(preview(seatStructure({ ...SEATS, seatTiers: true }, TIERS), "20")?.amount).toBe("260");
});

test("overages are never billed less often than the seats", () => {
  expect(overageChoices("QUARTERLY").map(({ value }) => value)).toEqual(["", "MONTHLY", "QUARTERLY"]);
  const yearly = { ...SEATS, overagesBillingFrequency: "YEARLY" as const };
  expect(Object.keys(seatErrors(yearly, "MONTHLY"))).toEqual(["overagesBillingFrequency"]);
  expect(seatErrors(yearly, "YEARLY")).toEqual({});
});

test("seats are whole, and each refusal names its field", () => {
  const wrong = { ...SEATS, seatMetricId: null, pricePerSeat: "-1", contractedMinimumSeats: "2.5" };
  expect(Object.keys(seatErrors(wrong, "MONTHLY"))).toEqual([
    "seatMetricId",
    "pricePerSeat",
    "contractedMinimumSeats",
  ]);
});

test.each([
  ["IN_ARREARS", "", "All seats are charged when a year ends."],
  ["IN_ARREARS", "YEARLY", "All seats are charged when a year ends."],
  ["IN_ARREARS", "MONTHLY", "The contracted minimum is charged when a year ends; the seats above it at the end of every month."],
  ["IN_ADVANCE", "YEARLY", "The contracted minimum is charged when a year begins; the seats above it at the end of every year."],
] as const)("yearly, %s, overages %s", (timing, overages, sentence) => {
  expect(chargedWhen("YEARLY", timing, overages)).toBe(sentence);
});
