import { expect, test } from "vitest";

import { toFraction, toPercent } from "./percent";

test.each([
  ["5", "0.05"],
  ["0", "0"],
  ["100", "1"],
  ["0.05", "0.0005"],
  ["12.5", "0.125"],
  ["250", "2.5"],
  ["0.000000000001", "0.00000000000001"],
  ["-3", "-0.03"],
])("%s percent is the fraction %s, and back", (percent, fraction) => {
  expect(toFraction(percent)).toBe(fraction);
  expect(toPercent(fraction)).toBe(percent);
});

test("digits beyond a float's precision survive", () => {
  expect(toFraction("12345678901234567.89")).toBe("123456789012345.6789");
});

test("text that is no decimal is left for the form to refuse", () => {
  expect(toFraction("five")).toBe("five");
  expect(toFraction("")).toBe("");
});
