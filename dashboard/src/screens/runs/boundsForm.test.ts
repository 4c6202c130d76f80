import { expect, test } from "vitest";

import { boundsBody, boundsErrors, boundsValues } from "./boundsForm";

const USUAL = { mostLines: 10_000, jumpFactor: "10", jumpFrom: "1000" };

test("bounds are sent as they were shown", () => {
  const shown = boundsValues(USUAL);
  expect(boundsErrors(shown)).toEqual({});
  expect(boundsBody(shown)).toEqual(USUAL);
});

test("what no bounds can be is said by its field", () => {
  expect(boundsErrors({ mostLines: "0", jumpFactor: "0.0", jumpFrom: "-1" })).toEqual({
    mostLines: expect.any(String) as string,
    jumpFactor: expect.any(String) as string,
    jumpFrom: expect.any(String) as string,
  });
  expect(boundsErrors({ mostLines: "1000001", jumpFactor: "2", jumpFrom: "0" })).toHaveProperty("mostLines");
});
