import type { MetricBalance } from "../../api/runs";

/** Somebody whose events no invoice bills, with how many of each metric. */
export type Lost = { id: string; name: string; counts: { metric: string; events: number }[] };

type Named = { id: string; name: string; events: number };

/** One entry for each customer or alias, whatever the number of metrics; the most events come first. */
export function byName(metrics: MetricBalance[], of: (metric: MetricBalance) => Named[]): Lost[] {
  const found = new Map<string, Lost>();
  for (const row of metrics) {
    const metric = row.usageMetricName ?? row.usageMetricId;
    for (const { id, name, events } of of(row)) {
      const lost = found.get(id) ?? { id, name, counts: [] };
      lost.counts.push({ metric, events });
      found.set(id, lost);
    }
  }
  return [...found.values()].sort((a, b) => most(b) - most(a));
}

const most = ({ counts }: Lost) => Math.max(...counts.map(({ events }) => events));

export const unpriced = (metrics: MetricBalance[]) =>
  byName(metrics, ({ unpricedCustomers }) =>
    unpricedCustomers.map(({ customerId, customerLegalCompanyName, eventCount }) => ({
      id: customerId,
      name: customerLegalCompanyName ?? customerId,
      events: eventCount,
    })),
  );

export const unmapped = (metrics: MetricBalance[]) =>
  byName(metrics, ({ unmappedAliases }) =>
    unmappedAliases.map(({ customerAlias, eventCount }) => ({
      id: customerAlias,
      name: customerAlias,
      events: eventCount,
    })),
  );
