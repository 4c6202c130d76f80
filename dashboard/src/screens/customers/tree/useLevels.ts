import { useQueries, useQueryClient, type Query } from "@tanstack/react-query";

import { heldSiblings, PAGE_SIZE, siblings, siblingsAround, type Siblings, type TreeView } from "../../../api/families";
import type { PlacedCustomer } from "../../../api/types";
import { buildLevel, TOP, type Held } from "./buildLevels";
import { inOrder, levelOf, readRows, rowAt, type Level, type Row } from "./levels";
import type { Branch } from "./matchingTree";

type IsOpen = (id: string, otherwise: boolean) => boolean;

/** What is read is taken from the cache, so that its coming must be told. */
const HEARD = { notifyOnChangeProps: ["data" as const, "error" as const] };

export type Rows = { first: number; end: number };

/** The tree as far as it is at hand; with `branches`, that of a search. */
export function useHeldTree(view: TreeView, isOpen: IsOpen, branches?: Branch[]): Level {
  const levels = heldLevels(heldSiblings(useQueryClient()), view);
  return buildLevel({ isOpen, held: (parentId) => levels.get(parentId) }, TOP, branches);
}

/**
 * Reads what belongs on screen: the pages of the rows from `first` until `end`, those that hold
 * whoever is open, and those on which the chosen customer and everyone above it stand (`way`, root
 * first). Tells what could not be read.
 */
export function useReading(top: Level, view: TreeView, way: readonly string[], rows: Rows) {
  const pages = new Map<string, [parentId: string | null, page: number]>();
  const want = ({ level, index }: Pick<Row, "level" | "index">) => {
    const page = Math.floor(index / PAGE_SIZE);
    if (!level.found) pages.set(`${level.parentId} ${page}`, [level.parentId, page]);
  };
  for (let at = rows.first; at < rows.end; at++) want(rowAt(top, at));
  for (const row of readRows(top)) {
    if (row.expanded || (row.customer && way.includes(row.customer.id))) want(row);
  }
  for (const id of way.slice(0, -1)) {
    const level = levelOf(top, id);
    if (level?.pages.size === 0) want({ level, index: 0 });
  }
  const reads = useQueries({
    queries: [...pages.values()].map(([parentId, page]) => ({ ...siblings(parentId, view, page), ...HEARD })),
  });
  const far = farOnes(top, way);
  useQueries({ queries: far.map(([parentId, id]) => ({ ...siblingsAround(parentId, view, id), ...HEARD })) });
  const failed = reads.filter((read) => read.error);
  return { error: failed[0]?.error, retry: () => failed.forEach((read) => void read.refetch()) };
}

/** Those of the way that stand among more siblings than are read. */
function farOnes(top: Level, way: readonly string[]): [parentId: string | null, id: string][] {
  const steps = way.map((id, index): [string | null, string] => [way[index - 1] ?? null, id]);
  return steps.filter(([parentId, id]) => {
    const level = levelOf(top, parentId);
    if (!level || level.found || level.pages.size === 0 || level.total <= PAGE_SIZE) return false;
    return ![...inOrder(level)].some(([, customer]) => customer.id === id);
  });
}

type Keyed = readonly [string, string, parentId: string | null, view: TreeView, page: number];

/** What was read of a view, by parent. What a change has made doubtful counts only while it is on screen. */
function heldLevels(queries: Query[], view: TreeView): Map<string | null, Held> {
  const levels = new Map<string | null, Held & { pages: Map<number, PlacedCustomer[]>; at: number }>();
  for (const query of queries) {
    const [, , parentId, of, page] = query.queryKey as unknown as Keyed;
    const data = query.state.data as Siblings | undefined;
    if (!data || of.asOf !== view.asOf || of.knownAt !== view.knownAt) continue;
    if (query.state.isInvalidated && !query.isActive()) continue;
    const level = levels.get(parentId) ?? { total: 0, pages: new Map(), at: 0 };
    level.pages.set(page, data.items);
    if (query.state.dataUpdatedAt >= level.at) {
      level.total = data.pagination?.totalResultSize ?? data.items.length;
      level.at = query.state.dataUpdatedAt;
    }
    levels.set(parentId, level);
  }
  return levels;
}
