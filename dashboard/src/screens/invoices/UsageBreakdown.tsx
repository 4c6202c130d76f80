import { Button, Group, Skeleton, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { invoiceLines, usageGroups } from "../../api/invoices";
import { schedule } from "../../api/schedules";
import { allocations, methodOf } from "../../api/shares";
import type { Invoice } from "../../api/types";
import { decimalText, plural } from "../../components/format";
import { sum } from "../../components/fraction";
import { MethodSwitch } from "../../components/MethodSwitch";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { useParam } from "../../components/useFilters";
import { ShareDrawer } from "./ShareDrawer";
import { TableDownload } from "./TableDownload";
import { billedTogether, keepAncestors, metricsOf, withAncestors, withShare } from "./usageRows";
import { UsageTable } from "./UsageTable";

/** As many pages as a filter reads by itself: 10,000 customers. */
const MOST_PAGES = 100;

/**
 * What each member of the family used and its share, indented as the tree is. Nothing when nobody is
 * rolled up.
 */
export function UsageBreakdown({ invoice }: { invoice: Invoice }) {
  const [methodName, setMethod] = useParam("method");
  const method = methodOf(methodName);
  const [sharer, setSharer] = useParam("share");
  const [, setExplained] = useParam("explain");
  const query = useInfiniteQuery(usageGroups(invoice.id, method));
  // What nobody shares is the payer's, too.
  const payers = useQuery(allocations(invoice.id, invoice.customerId, method));
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
  const own = payers.data?.length ? sum(payers.data.map(({ netTotal }) => netTotal)) : undefined;
  const everyone = withShare(withAncestors(rows), invoice.customerId, own);
  const shown = keepAncestors(everyone, filter);
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
          <MethodSwitch method={method} onChange={setMethod} />
          <TextInput
            size="xs"
            aria-label="Filter the usage breakdown"
            placeholder="Filter by name"
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
          <TableDownload invoiceId={invoice.id} method={method} />
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
        invoice={invoice}
        rows={shown}
        metrics={metricsOf(rows)}
        billed={billedTogether(lines.data ?? [], pooled ? pooled.prices : [])}
        onShare={setSharer}
        onTotal={() => setExplained("total")}
      />
      {sharer && (
        <ShareDrawer
          invoice={invoice}
          customerId={sharer}
          name={everyone.find(({ customerId }) => customerId === sharer)?.title ?? "a customer"}
          method={method}
          onMethod={setMethod}
          onClose={() => setSharer(null)}
        />
      )}
      {shown.length === 0 && (
        <Text size="sm" c="dimmed" p="md">
          Nobody of that name {query.hasNextPage ? "among those read so far" : "used anything"}.
        </Text>
      )}
      {query.hasNextPage && (
        <Group px={{ base: "sm", sm: "md" }} py={8} justify="space-between">
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
