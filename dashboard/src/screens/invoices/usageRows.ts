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
