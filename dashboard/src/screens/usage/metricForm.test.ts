import { expect, test } from "vitest";

import { aggregationText, metricBody, metricErrors, metricValues, NEW_PARAMETER } from "./metricForm";

const values = (changes: Partial<ReturnType<typeof metricValues>>) => ({
  ...metricValues(),
  name: "Tokens",
  eventType: "call",
  ...changes,
});

test("a percentile is typed in percent and sent as a fraction", () => {
  const typed = values({ aggregationType: "PERCENTILE", aggregationProperty: "ms", percentile: "99.9" });

  expect(metricErrors(typed)).toEqual({});
  expect(metricBody(typed)).toMatchObject({ aggregationType: "PERCENTILE", percentile: "0.999" });
  expect(Object.keys(metricErrors({ ...typed, percentile: "101" }))).toEqual(["percentile"]);
  expect(Object.keys(metricErrors({ ...typed, percentile: "" }))).toEqual(["percentile"]);
});

test("an expression brings its parameters and no property", () => {
  const typed = values({
    aggregationType: "CUSTOM",
    aggregationProperty: "left over",
    expression: " tokens * weight ",
    parameters: [{ ...NEW_PARAMETER, id: "p", name: "weight ", defaultValue: " 2" }],
  });

  expect(metricErrors(typed)).toEqual({});
  expect(metricBody(typed)).toMatchObject({
    metricType: "CUSTOM",
    aggregationProperty: undefined,
    expression: "tokens * weight",
    parameters: [{ id: "p", name: "weight", type: "NUMBER", description: "", defaultValue: "2" }],
  });
  expect(Object.keys(metricErrors({ ...typed, expression: "", parameters: [NEW_PARAMETER] }))).toEqual([
    "expression",
    "parameters.0.name",
    "parameters.0.defaultValue",
  ]);
});

test("what an aggregation no longer needs is not sent", () => {
  const typed = values({ percentile: "95", expression: "a", parameters: [NEW_PARAMETER] });

  expect(metricErrors(typed)).toEqual({});
  expect(metricBody(typed)).toMatchObject({
    metricType: "SIMPLE",
    percentile: undefined,
    expression: undefined,
    parameters: [],
  });
});

test("a metric says in words what it measures", () => {
  const metric = {
    id: "m",
    name: "Latency",
    metricType: "SIMPLE" as const,
    eventType: "call",
    aggregationType: "PERCENTILE" as const,
    aggregationProperty: "ms",
    percentile: "0.95",
    parameters: [],
    propertyFilters: {},
  };

  expect(aggregationText(metric)).toBe("95 % percentile of ms");
});
