import { Button, Group, Skeleton, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";

import { invoiceLines, usageGroups } from "../../api/invoices";
import { schedule } from "../../api/schedules";
import type { Invoice, UsageItemGroup } from "../../api/types";
import { ScrollX } from "../../components/DataTable";
import { Quantity } from "../../components/Figures";
import { decimalText, plural } from "../../components/format";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { billedTogether, keepAncestors, metricsOf, withAncestors, type MetricColumn } from "./usageRows";

/** As many pages as a filter reads by itself: 10,000 customers. */
const MOST_PAGES = 100;

/** What each member of the family used, indented as the tree is. Nothing when nobody is rolled up. */
export function UsageBreakdown({ invoice }: { invoice: Invoice }) {
  const query = useInfiniteQuery(usageGroups(invoice.id));
  const lines = useQuery(invoiceLines(invoice.id));
  const prices = useQuery(schedule(invoice.billingScheduleId ?? ""));
  const [filter, setFilter] = useState("");
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const read = query.data?.pages.length ?? 0;
  useEffect(() => {
    // A name is looked for in what has not been read yet, too.
    if (filter && hasNextPage && !isFetchingNextPage && read < MOST_PAGES) void fetchNextPage();
  }, [filter, hasNextPage, isFetchingNextPage, fetchNextPage, read]);
  if (query.error) return <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton height={120} />;
  // A child whose charges are joined is listed even where it used nothing.
  const rows = query.data.pages.flatMap((page) => page.items).filter(({ items }) => items.length > 0);
  if (rows.length === 0) return null;
  const total = query.data.pages[0]?.pagination?.totalResultSize ?? rows.length;
  const notes = query.data.pages[0]?.notes ?? [];
  const pooled = prices.data?.rollUpBilling ? prices.data : undefined;
  const shown = keepAncestors(withAncestors(rows), filter);
  const unread = query.hasNextPage
    ? `The first ${decimalText(rows.length)} of ${decimalText(total)} customers.`
    : "";
  return (
    <Panel
      title="Usage breakdown"
      flush
      actions={
        <>
          <Text size="xs" c="dimmed">
            {plural(total, "customer")} with usage
          </Text>
          <TextInput
            size="xs"
            aria-label="Filter the usage breakdown"
            placeholder="Filter by name"
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        </>
      }
    >
      {notes.length > 0 && (
        <ul className="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <UsageTable
        rows={shown}
        metrics={metricsOf(rows)}
        billed={billedTogether(lines.data ?? [], pooled ? pooled.prices : [])}
      />
      {shown.length === 0 && (
        <Text size="sm" c="dimmed" p="md">
          Nobody of that name {query.hasNextPage ? "among those read so far" : "used anything"}.
        </Text>
      )}
      {query.hasNextPage && (
        <Group px="md" py={8} justify="space-between">
          <Text size="xs" c="dimmed">
            {unread}
          </Text>
          <Button
            variant="default"
            size="compact-sm"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
    </Panel>
  );
}

type TableProps = {
  rows: UsageItemGroup[];
  metrics: MetricColumn[];
  billed: Map<string, string>;
};

function UsageTable({ rows, metrics, billed }: TableProps) {
  return (
    <ScrollX label="Usage breakdown">
      <table className="grid-table" aria-label="Usage breakdown">
        <thead>
          <tr>
            <th scope="col">Customer</th>
            {metrics.map(({ id, title, unit }) => (
              <th key={id} scope="col" className="end">
                {title}
                {unit && `, ${unit}`}
              </th>
            ))}
          </tr>
        </thead>
        {billed.size > 0 && (
          <tbody>
            <tr className="total">
              <td>
                Billed together
              </td>
              {metrics.map(({ id }) => {
                const quantity = billed.get(id);
                return (
                  <td key={id} className="end">
                    {quantity !== undefined && <Quantity value={quantity} />}
                  </td>
                );
              })}
            </tr>
          </tbody>
        )}
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} data-link title={row.pathNames?.join(" / ")}>
              <td style={{ paddingLeft: 16 + row.depth * 20 }}>
                <Link className="row-link" to={`/customers/${row.customerId}`}>
                  {row.title}
                </Link>
              </td>
              {metrics.map(({ id }) => {
                const item = row.items.find(({ usageMetricId }) => usageMetricId === id);
                return (
                  <td key={id} className="end">
                    {item && <Quantity value={item.value} />}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}
