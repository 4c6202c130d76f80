/**
 * The rows of a tree of which only a part has been read: who stands in which row, and where.
 *
 * Rows are counted through from 0, as they are seen. A level with a million customers is as cheap
 * as one with three: only those that are open below are looked at one by one.
 */

import { PAGE_SIZE } from "../../../api/families";
import type { PlacedCustomer } from "../../../api/types";

/** Siblings, by page: all of one parent, or those a search found. Other pages are not read yet. */
export type Level = {
  parentId: string | null;
  /** 1 at the top. */
  depth: number;
  /** The row of the first of them. */
  start: number;
  /** How many siblings there are. */
  total: number;
  /** How many rows they take with everything that is open below them. */
  rows: number;
  pages: ReadonlyMap<number, readonly PlacedCustomer[]>;
  /** Those that are open, in order. */
  open: readonly { index: number; level: Level }[];
  /** The level that the parent is in. */
  above?: Level;
  /** It is what a search found: all of it is at hand. */
  found: boolean;
};

export type Row = {
  level: Level;
  /** Its place among its siblings. */
  index: number;
  /** Its place among all rows. */
  at: number;
  /** Missing until it is read. */
  customer?: PlacedCustomer;
  /** Undefined for one without children. */
  expanded?: boolean;
};

/** The row at a place; there must be one. */
export function rowAt(top: Level, at: number): Row {
  let level = top;
  for (;;) {
    let passed = 0;
    let below: Level | undefined;
    for (const child of level.open) {
      if (at < child.level.start) break;
      if (at < child.level.start + child.level.rows) below = child.level;
      passed += child.level.rows;
    }
    if (!below) return rowOf(level, at - level.start - passed, at);
    level = below;
  }
}

/** All rows that are read, in order. */
export function* readRows(level: Level): Generator<Row> {
  let passed = 0;
  for (const [index] of inOrder(level)) {
    const row = rowOf(level, index, level.start + index + passed);
    yield row;
    const below = row.expanded && level.open.find((child) => child.index === index)?.level;
    if (!below) continue;
    yield* readRows(below);
    passed += below.rows;
  }
}

/** The siblings of a level that are read, each with its place among all. */
export function* inOrder({ pages }: Pick<Level, "pages">): Generator<[index: number, customer: PlacedCustomer]> {
  for (const page of [...pages.keys()].sort((one, other) => one - other)) {
    const first = page * PAGE_SIZE;
    for (const [place, customer] of (pages.get(page) ?? []).entries()) yield [first + place, customer];
  }
}

/** The row of the parent of those in a level. */
export function parentRow(level: Level): Row | undefined {
  return level.above && rowAt(level.above, level.start - 1);
}

/** Whether a level lies below a customer. */
export function isBelow(level: Level | undefined, id: string): boolean {
  return level !== undefined && (level.parentId === id || isBelow(level.above, id));
}

/** What stays the same of a row while others come and go. */
export const rowKey = ({ level, index }: Row) => `${level.parentId ?? ""}:${index}`;

/** Who may be reached by `rowKey`. */
export function rowOfKey(top: Level, key: string): Row | undefined {
  const split = key.lastIndexOf(":");
  const level = levelOf(top, key.slice(0, split) || null);
  const index = Number(key.slice(split + 1));
  if (!level || index >= level.total) return undefined;
  const passed = level.open.reduce((rows, child) => (child.index < index ? rows + child.level.rows : rows), 0);
  return rowOf(level, index, level.start + index + passed);
}

/** The open level below a customer; the top for null. */
export function levelOf(level: Level, parentId: string | null): Level | undefined {
  if (level.parentId === parentId) return level;
  for (const child of level.open) {
    const found = levelOf(child.level, parentId);
    if (found) return found;
  }
  return undefined;
}

function rowOf(level: Level, index: number, at: number): Row {
  const customer = level.pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE];
  const open = level.open.some((child) => child.index === index);
  const expanded = open || (customer?.childCount ? false : undefined);
  return { level, index, at, customer, expanded };
}
