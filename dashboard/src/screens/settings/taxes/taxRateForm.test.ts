import { expect, test } from "vitest";

import { taxRateBody, taxRateErrors, taxRateValues } from "./taxRateForm";

const VALUES = { ...taxRateValues(), name: "Standard", amount: "20", country: "GB" };

test("percent on screen, a fraction on the wire, digit by digit", () => {
  expect(taxRateBody({ ...VALUES, amount: "7.25" }).amount).toBe("0.0725");
});

test("invoices call a rate by its name unless another is given", () => {
  expect(taxRateBody(VALUES)).toMatchObject({ invoiceName: "Standard", invoiceShortName: "Standard" });
  expect(taxRateBody({ ...VALUES, invoiceName: "VAT" }).invoiceShortName).toBe("VAT");
});

test("the state of another country is left out", () => {
  expect(taxRateBody({ ...VALUES, country: "CA", region: "NY" }).region).toBeUndefined();
  expect(taxRateBody({ ...VALUES, country: "US", region: "NY" }).region).toBe("NY");
});

test("a rate is from 0 to 100 percent", () => {
  expect(Object.keys(taxRateErrors({ ...VALUES, amount: "101" }))).toEqual(["amount"]);
  expect(taxRateErrors({ ...VALUES, amount: "0" })).toEqual({});
});
