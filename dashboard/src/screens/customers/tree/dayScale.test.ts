import { expect, test } from "vitest";

import { dayNumber, dayOfNumber, dayScale, neighbours, ticks } from "./dayScale";

const MARKS = ["2013-01-01", "2013-05-01", "2013-12-03", "2013-12-09"];
const TODAY = "2026-03-10";
const scale = dayScale(MARKS, TODAY, TODAY);

test("every day of the scale comes back from its place", () => {
  for (let number = dayNumber(scale.first); number <= dayNumber(scale.last); number += 1) {
    const day = dayOfNumber(number);
    expect(scale.day(scale.place(day))).toBe(day);
  }
});

test("later days lie further on", () => {
  let before = -1;
  for (let number = dayNumber(scale.first); number <= dayNumber(scale.last); number += 1) {
    const place = scale.place(dayOfNumber(number));
    expect(place).toBeGreaterThan(before);
    before = place;
  }
  expect(before).toBe(1);
});

test("years without a move leave room for the days with one", () => {
  const room = (from: string, to: string) => scale.place(to) - scale.place(from);

  expect(room("2013-12-09", TODAY)).toBeLessThan(0.4);
  expect(room("2013-12-03", "2013-12-09")).toBeGreaterThan(0.05);
});

test("the day that is shown does not move the others", () => {
  const other = dayScale(MARKS, TODAY, "2013-08-15");

  expect(other.place("2013-05-01")).toBe(scale.place("2013-05-01"));
});

test("without moves there is a year on each side of today", () => {
  const quiet = dayScale([], TODAY, TODAY);

  expect([quiet.first, quiet.last]).toEqual(["2025-03-10", "2027-03-10"]);
  expect(quiet.place(TODAY)).toBeCloseTo(0.5);
});

test("days beyond the ends lie at the ends", () => {
  expect([scale.place("1999-01-01"), scale.place("2099-01-01")]).toEqual([0, 1]);
});

test("the nearest moves are before and after a day, never on it", () => {
  expect(neighbours(MARKS, "2013-05-01")).toEqual(["2013-01-01", "2013-12-03"]);
  expect(neighbours(MARKS, "2012-01-01")).toEqual([undefined, "2013-01-01"]);
  expect(neighbours(MARKS, TODAY)).toEqual(["2013-12-09", undefined]);
});

test("what is written beneath keeps its distance", () => {
  const places = ticks(scale, 0.08).map(scale.place);

  expect(places.length).toBeGreaterThan(2);
  places.slice(1).forEach((place, index) => expect(place - (places[index] ?? 0)).toBeGreaterThanOrEqual(0.08));
});

test("quarters are written where there is no room for months", () => {
  const today = "2026-11-26";

  expect(ticks(dayScale([], today, today), 0.08)).toEqual(
    ["2026", "2027"].flatMap((year) => ["01", "04", "07", "10"].map((month) => `${year}-${month}-01`)),
  );
});
