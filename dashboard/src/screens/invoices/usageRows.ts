import Big from "big.js";

import type { LineItem, Price, UsageItemGroup } from "../../api/types";

/** A column of the breakdown. The unit is left out where the title says it. */
export type MetricColumn = { id: string; title: string; unit?: string };

/** The metrics that occur, in the order of their first appearance. */
export function metricsOf(rows: UsageItemGroup[]): MetricColumn[] {
  const found = new Map<string, MetricColumn>();
  for (const { items } of rows) {
    for (const { usageMetricId: id, title, unit } of items) {
      if (found.has(id)) continue;
      const said = unit && title.toLowerCase().includes(unit.toLowerCase());
      found.set(id, { id, title, unit: said ? undefined : unit });
    }
  }
  return Array.from(found.values());
}

/**
 * What was billed per metric, for all customers together. A metric that was measured for several
 * periods of time is left out, for its lines overlap or only add up with care. Prices that name
 * different customers have no usage in common, so theirs adds up.
 */
export function billedTogether(lines: LineItem[], prices: Price[]): Map<string, string> {
  const priceOf = new Map(prices.map((price) => [price.id, price]));
  const found = new Map<string, { period: string; quantities: Map<string, string> } | null>();
  for (const { priceId, quantity, servicePeriod, adjusts } of lines) {
    if (adjusts) continue; // the usage of a period that was billed before
    const price = priceOf.get(priceId ?? "");
    const metric = price?.structure.usageMetricId;
    if (!metric) continue;
    const period = `${servicePeriod?.startDate}/${servicePeriod?.endDate}`;
    const named = (price.restrictToCustomers ?? []).toSorted().join();
    const before = found.get(metric);
    const quantities = before?.quantities ?? new Map<string, string>();
    const fits = before?.period === period && (quantities.get(named) ?? quantity) === quantity;
    if (before === undefined || fits) found.set(metric, { period, quantities: quantities.set(named, quantity) });
    else found.set(metric, null);
  }
  return new Map(
    Array.from(found).flatMap(([metric, one]) =>
      one ? [[metric, Array.from(one.quantities.values()).reduce(sum)] as const] : [],
    ),
  );
}

const sum = (a: string, b: string) => new Big(a).plus(b).toFixed();

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

/** The rows with the share of one customer put in: of the payer, who has what nobody shares, too. */
export function withShare(rows: UsageItemGroup[], customerId: string, netTotal?: string): UsageItemGroup[] {
  return rows.map((row) => (row.customerId === customerId && netTotal !== undefined ? { ...row, netTotal } : row));
}
