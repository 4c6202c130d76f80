import { expect, test } from "vitest";

import { CsvReader, csvLine, guessSeparator, isBlank, Unreadable, type Separator } from "./csv";

/** The records of a text, pushed in pieces of some length. */
function records(text: string, separator: Separator = ",", length = text.length || 1): string[][] {
  const found: string[][] = [];
  const reader = new CsvReader(separator, (cells) => found.push(cells));
  for (let at = 0; at < text.length; at += length) reader.push(text.slice(at, at + length));
  reader.end();
  return found;
}

const HARD = 'a,"b ""x"", y",c\r\n"two\nlines",,""\r\n\r\nlast,é,"1;2"';
const HARD_RECORDS = [["a", 'b "x", y', "c"], ["two\nlines", "", ""], [""], ["last", "é", "1;2"]];

test.each([1, 2, 3, 5, 7, 1000])("pieces of %i characters give the same records", (length) => {
  expect(records(HARD, ",", length)).toEqual(HARD_RECORDS);
});

test.each([
  ["a,b\nc,d\n", [["a", "b"], ["c", "d"]]],
  ["a,b\rc,d", [["a", "b"], ["c", "d"]]],
  ["a,\r\n", [["a", ""]]],
  ["a\n\n\nb", [["a"], [""], [""], ["b"]]],
  ['say "so",x', [['say "so"', "x"]]],
  ["", []],
])("%j is read as a spreadsheet does", (text, expected) => {
  expect(records(text)).toEqual(expected);
});

test("semicolons and tabs separate as well", () => {
  expect(records("a;b,c\td", ";")).toEqual([["a", "b,c\td"]]);
  expect(records("a;b,c\td", "\t")).toEqual([["a;b,c", "d"]]);
});

test("what is written is read back", () => {
  expect(records(HARD_RECORDS.map(csvLine).join(""))).toEqual(HARD_RECORDS);
});

test.each([
  ['a,b\n"x,y', "Row 2 has a quotation mark that is never closed."],
  ['a\n"x" y,z', "Row 2 has text after a closing quotation mark."],
])("%j cannot be read, and it is said where", (text, message) => {
  expect(() => records(text)).toThrow(new Unreadable(message));
});

test.each([
  ["Customer;Parent, or none;From\nx;y;z", ";"],
  ["Customer\tParent\nx\ty", "\t"],
  ['"Customer; long",Parent\nx;;;;,y', ","],
  ["Customer\nx", ","],
  ["", ","],
])("the separator of %j is %j", (text, separator) => {
  expect(guessSeparator(text)).toBe(separator);
});

test("a line of nothing but separators is blank", () => {
  expect([isBlank(["", " "]), isBlank([]), isBlank(["", "x"])]).toEqual([true, true, false]);
});
