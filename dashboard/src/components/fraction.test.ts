import { expect, test } from "vitest";

import { exactMoney, exactText, isZero, sum } from "./fraction";

test("what no decimal says exactly is shown near to it, and says so", () => {
  expect(exactText("1/3")).toBe("≈ 0.33333333");
  expect(exactText("-200/3")).toBe("≈ -66.66666667");
  expect(exactText("1234.5")).toBe("1,234.5");
});

test("amounts keep their minor digits", () => {
  expect(exactMoney("90.6", "USD")).toBe("90.60");
  expect(exactMoney("400/3", "JPY")).toBe("≈ 133.33333333");
  expect(exactMoney("0.1675", "USD")).toBe("0.1675");
});

test("decimals add up exactly", () => {
  expect(sum(["0.1", "0.2", "-0.3"])).toBe("0");
  expect(sum(["90.60", "0.17"])).toBe("90.77");
  expect(sum([])).toBe("0");
});

test("nothing is nothing however it is written", () => {
  expect(["0", "0.00", "-0.0"].every(isZero)).toBe(true);
  expect(isZero("0.01")).toBe(false);
});
