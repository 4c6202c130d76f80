import type { UsageItemGroup } from "../../api/types";

/** The metrics that occur, in the order of their first appearance; a column each. */
export function metricsOf(rows: UsageItemGroup[]): { id: string; title: string }[] {
  const found = new Map<string, string>();
  for (const { items } of rows) {
    for (const { usageMetricId, title } of items) {
      if (!found.has(usageMetricId)) found.set(usageMetricId, title);
    }
  }
  return Array.from(found, ([id, title]) => ({ id, title }));
}

/**
 * The rows with everyone above them put in, even who used nothing, so that the indent tells the
 * tree. Rows come parents first; `path` and `pathNames` lead from the payer to the row itself.
 */
export function withAncestors(rows: UsageItemGroup[]): UsageItemGroup[] {
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    const above = row.path.slice(0, -1).flatMap((customerId, depth): UsageItemGroup[] => {
      if (seen.has(customerId)) return [];
      seen.add(customerId);
      const path = row.path.slice(0, depth + 1);
      const pathNames = row.pathNames?.slice(0, depth + 1);
      const title = pathNames?.at(-1) ?? customerId;
      return [{ id: customerId, title, customerId, depth, path, pathNames, items: [] }];
    });
    seen.add(row.customerId);
    return [...above, row];
  });
}

/** The rows whose name contains the text, and those above them, so that the indent still tells the tree. */
export function keepAncestors(rows: UsageItemGroup[], text: string): UsageItemGroup[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return rows;
  const keep = new Set<string>();
  for (const row of rows) {
    if (!row.title.toLowerCase().includes(wanted)) continue;
    keep.add(row.customerId);
    for (const id of row.path) keep.add(id);
  }
  return rows.filter(({ customerId }) => keep.has(customerId));
}
