import { expect, test } from "vitest";

import { Unreadable } from "../../../components/csv";
import { sentEvents } from "./sentEvents";

const LONG = "0.1000000000000000055";

test("lines are sent as they are", () => {
  const line = `{"customerAlias": "a", "eventProperties": {"n": ${LONG}}}`;

  expect(sentEvents(`\n${line}\n\n ${line} \n`, "call")).toEqual({ count: 2, json: `[${line},${line}]` });
  expect(() => sentEvents(`${line}\n{"a"`, "call")).toThrow("Line 2 is no JSON.");
});

test("an array is sent as it is", () => {
  const array = `[{"n": ${LONG}}, {"n": "2"}]`;

  expect(sentEvents(` ${array}\n`, "call")).toEqual({ count: 2, json: array });
  expect(() => sentEvents("[1", "call")).toThrow(Unreadable);
});

test("columns of CSV become fields and properties, with every digit", () => {
  const text = `customerAlias;customerEventId;n;region\na;e1;${LONG};007\n\nb;e2;;"x;y"\n`;

  const { count, json } = sentEvents(text, "call");

  expect(count).toBe(2);
  expect(json).toBe(
    `[{"eventType":"call","customerAlias":"a","customerEventId":"e1","eventProperties":{"n":${LONG},"region":"007"}},` +
      '{"eventType":"call","customerAlias":"b","customerEventId":"e2","eventProperties":{"region":"x;y"}}]',
  );
});

test("what cannot be a list of events is refused in words", () => {
  expect(() => sentEvents("alias,n\na,1\n", "call")).toThrow("customerAlias");
  expect(() => sentEvents("customerAlias,n\na\n", "call")).toThrow("Row 2 has 1 values");
  expect(() => sentEvents("{}\n".repeat(10_001), "call")).toThrow("10,000");
  expect(sentEvents("  \n", "call")).toEqual({ count: 0, json: "[]" });
});
