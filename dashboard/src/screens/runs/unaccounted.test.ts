import { expect, test } from "vitest";

import type { MetricBalance } from "../../api/runs";
import { unmapped, unpriced } from "./unaccounted";

const metric = (name: string, aliases: [string, number][], customers: [string, number][] = []): MetricBalance => ({
  usageMetricId: `id of ${name}`,
  usageMetricName: name,
  period: { start: "2026-01-01", endInclusive: "2026-01-31" },
  received: 0,
  billed: 0,
  other: 0,
  unpriced: 0,
  unmapped: 0,
  balanced: true,
  unmappedAliases: aliases.map(([customerAlias, eventCount]) => ({ customerAlias, eventCount })),
  unpricedCustomers: customers.map(([customerId, eventCount]) => ({ customerId, eventCount })),
});

test("an alias under several metrics is one row, and the most events come first", () => {
  const rows = unmapped([metric("Calls", [["a", 1], ["b", 2]]), metric("Bytes", [["a", 7]])]);

  expect(rows).toEqual([
    { id: "a", name: "a", counts: [{ metric: "Calls", events: 1 }, { metric: "Bytes", events: 7 }] },
    { id: "b", name: "b", counts: [{ metric: "Calls", events: 2 }] },
  ]);
});

test("a customer without a name goes by its id", () => {
  expect(unpriced([metric("Calls", [], [["c1", 3]])])).toEqual([
    { id: "c1", name: "c1", counts: [{ metric: "Calls", events: 3 }] },
  ]);
});
