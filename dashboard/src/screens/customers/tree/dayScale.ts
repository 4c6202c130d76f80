/**
 * Where days lie on the date slider.
 *
 * Days on which something moved are what one looks for, and years may lie between them: the room
 * between two of them grows with the logarithm of the days, and evenly within. Every day has its
 * place, but a quiet decade does not push a busy month together.
 */

import { nextDay } from "../../../components/format";

export type DayScale = {
  first: string;
  last: string;
  /** From 0 (the first day) to 1 (the last); days beyond lie at the ends. */
  place: (day: string) => number;
  day: (place: number) => string;
};

const DAY = 86_400_000;
const MARGIN = 30;
const ALONE = 365;

export const dayNumber = (day: string) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY);
export const dayOfNumber = (number: number) => new Date(number * DAY).toISOString().slice(0, 10);

/** A scale with room for `marks` (in order), for today, and for the day that is shown. */
export function dayScale(marks: readonly string[], today: string, shown: string): DayScale {
  const seen = [...new Set([...marks, today, shown])].sort();
  const margin = marks.length > 0 ? MARGIN : ALONE;
  const first = nextDay(seen[0] ?? today, -margin);
  const last = nextDay(seen.at(-1) ?? today, margin);
  // The day that is shown is no stop, or the scale would change under the pointer.
  const stops = [...new Set([first, ...marks, today, last])].sort().map(dayNumber);
  const ends = stops.map((stop, index) => {
    const before = stops[index - 1];
    return before === undefined ? 0 : Math.log2(1 + stop - before);
  });
  let sum = 0;
  const room = ends.map((width) => (sum += width));
  const total = room.at(-1) || 1;

  const between = (from: readonly number[], to: readonly number[], value: number) => {
    const after = from.findIndex((stop) => stop >= value);
    if (after === 0) return to[0] ?? 0;
    if (after < 0) return to.at(-1) ?? 0;
    const [left = 0, right = 0] = from.slice(after - 1, after + 1);
    const [low = 0, high = 0] = to.slice(after - 1, after + 1);
    return low + ((value - left) / (right - left)) * (high - low);
  };
  return {
    first,
    last,
    place: (day) => between(stops, room, dayNumber(day)) / total,
    day: (place) => dayOfNumber(Math.round(between(room, stops, place * total))),
  };
}

/** The marks before and after a day; undefined where there is none. */
export function neighbours(marks: readonly string[], day: string): [string?, string?] {
  return [marks.findLast((mark) => mark < day), marks.find((mark) => mark > day)];
}

/** The months of a year after its first, the halves and quarters before the others. */
const MONTHS = ["07", "04", "10", "02", "03", "05", "06", "08", "09", "11", "12"];

/**
 * Days to write beneath the slider: the first of years, then of halves and quarters of years, then
 * of months, where there is room.
 */
export function ticks(scale: DayScale, apart: number): string[] {
  const [from = 0, to = 0] = [scale.first, scale.last].map((day) => Number(day.slice(0, 4)));
  const years = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const months = MONTHS.flatMap((month) => years.map((year) => `${year}-${month}-01`));
  const found: string[] = [];
  for (const day of [...years.map((year) => `${year}-01-01`), ...months]) {
    const place = scale.place(day);
    const edge = place < apart / 2 || place > 1 - apart / 2;
    if (!edge && found.every((other) => Math.abs(scale.place(other) - place) >= apart)) found.push(day);
  }
  return found.sort();
}
