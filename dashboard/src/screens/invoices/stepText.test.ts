import { expect, test } from "vitest";

import type { LineStep } from "../../api/types";
import { stepText } from "./stepText";

const STEP: LineStep = { kind: "DISCOUNT", id: "d", message: "Launch", before: "158.25", amount: "-15.83" };
const MINIMUM: LineStep = { kind: "MINIMUM", id: "m", message: "Minimum", before: "142.42", amount: "157.58" };

test("a discount within a line says its words, one of its own says of what it is", () => {
  expect(stepText(STEP, {}, "USD")).toBe("Launch, off 158.25");
  expect(stepText({ ...STEP, message: "" }, {}, "USD")).toBe("Discount, off 158.25");
  expect(stepText(STEP, { settles: "DISCOUNT" }, "USD")).toBe("Off charges of 158.25");
});

test("a minimum says how much there was and how much there must be", () => {
  const of = (step: LineStep) => stepText(step, { settles: "MINIMUM" }, "USD");
  expect(of(MINIMUM)).toBe("From charges of 142.42 up to the minimum of 300.00");
  expect(of({ ...MINIMUM, before: "300", amount: "0.00" })).toBe("Charges of 300.00 reach the minimum");
});
