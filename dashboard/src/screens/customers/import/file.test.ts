import { expect, test } from "vitest";

import { guess } from "./columns";
import { inspect, pick, rewrite } from "./file";

const quiet = () => undefined;
const bytes = (...values: number[]) => new Blob([new Uint8Array(values)]);
const FILE = '\ufeffName;ID;Parent ID;Note\r\nNorth "N";n;;x\r\n\r\n"South; all";s;n\r\nEast;é;s;x\r\n';

test("a file is known by its columns, its first rows and samples of each", async () => {
  const parts: number[] = [];
  const seen = await inspect(new Blob([FILE]), undefined, (part) => parts.push(part));

  expect(seen.separator).toBe(";");
  expect(seen.header).toEqual(["Name", "ID", "Parent ID", "Note"]);
  expect(seen.rows).toBe(3);
  expect(seen.first.map(({ number, cells }) => [number, cells[1]])).toEqual([[2, "n"], [4, "s"], [5, "é"]]);
  expect(seen.samples).toEqual([['North "N"', "South; all", "East"], ["n", "s", "é"], ["n", "s"], ["x"]]);
  expect(parts.at(-1)).toBe(1);
});

test("the rewritten file has our columns and the same row numbers", async () => {
  const file = new Blob([FILE]);
  const mapping = guess((await inspect(file, ";", quiet)).header);

  const text = await (await rewrite(file, ";", mapping, quiet)).text();

  expect(text.split("\r\n")).toEqual([
    "customer,parent,legalName", 'n,,"North ""N"""', ",,", "s,n,South; all", "é,s,East", "",
  ]);
});

test("rows are found again by their numbers", async () => {
  const rows = await pick(new Blob([FILE]), ";", [5, 2], quiet);

  expect(rows.map(({ number, cells }) => [number, cells[0]])).toEqual([[2, 'North "N"'], [5, "East"]]);
});

test.each([
  [bytes(0xff, 0xfe, 0x61, 0x00), "not UTF-8"],
  [bytes(0x61, 0xe9), "not UTF-8"],
  [bytes(), "must name the columns"],
  [new Blob(["\n\na"]), "must name the columns"],
  [new Blob(["a,b\n\n"]), "no row below"],
  [new Blob(["a,b\n1,2\n1,2,3\n"]), "Row 3 has 3 values, but there are 2 columns"],
])("a file that makes no sense is refused in words", async (file, message) => {
  await expect(inspect(file, undefined, quiet)).rejects.toThrow(message);
});

test("empty values beyond the columns do no harm", async () => {
  expect((await inspect(new Blob(["a,b\n1,2,,\n"]), undefined, quiet)).rows).toBe(1);
});
