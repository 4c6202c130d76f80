import type { PlacedCustomer } from "../../../api/types";
import { inOrder, type Level } from "./levels";
import type { Branch } from "./matchingTree";

/** What is at hand of the customers below one of them. */
export type Held = { total: number; pages: ReadonlyMap<number, readonly PlacedCustomer[]> };

type Source = {
  held: (parentId: string | null) => Held | undefined;
  isOpen: (id: string, otherwise: boolean) => boolean;
};

type Place = Pick<Level, "parentId" | "depth" | "start" | "above"> & {
  /** How many are thought to be there, until they are read. */
  expected: number;
};

export const TOP: Place = { parentId: null, depth: 1, start: 0, expected: 1 };

/** A level and all that is open below it. With `branches` these are its customers, and open unless closed. */
export function buildLevel(source: Source, { expected, ...place }: Place, branches?: Branch[]): Level {
  const held = branches ? shown(branches) : source.held(place.parentId);
  const total = held ? held.total : expected;
  const open: { index: number; level: Level }[] = [];
  const pages = held?.pages ?? new Map<number, PlacedCustomer[]>();
  const level: Level = { ...place, total, rows: total, pages, open, found: branches !== undefined };
  for (const [index, customer] of inOrder(level)) {
    const known = branches?.[index]?.branches ?? [];
    if (customer.childCount === 0 || !source.isOpen(customer.id, known.length > 0)) continue;
    const start = level.start + index + 1 + (level.rows - total);
    const below = { parentId: customer.id, depth: level.depth + 1, start, above: level };
    const opened = buildLevel(
      source,
      { ...below, expected: customer.childCount },
      known.length > 0 ? known : undefined,
    );
    open.push({ index, level: opened });
    level.rows += opened.rows;
  }
  return level;
}

const shown = (branches: Branch[]): Held => ({
  total: branches.length,
  pages: new Map([[0, branches.map(({ customer }) => customer)]]),
});
