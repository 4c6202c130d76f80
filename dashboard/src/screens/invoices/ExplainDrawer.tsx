import { Anchor, Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { explanation, invoiceLines } from "../../api/invoices";
import type { Explanation, LineItem, LineTax, MemberShare, Stretch, UsageUsed } from "../../api/types";
import { DataTable, ScrollX, type Column } from "../../components/DataTable";
import { Facts } from "../../components/Facts";
import { Moment, Money, Quantity } from "../../components/Figures";
import { decimalText, moneyText, momentText, periodText, plural } from "../../components/format";
import { ProblemAlert } from "../../components/Problem";
import { percentText, TAX_REASONS } from "../../components/taxText";
import { SegmentRows } from "./SegmentRows";

type Props = { invoiceId: string; lineId: string; currency: string; onClose: () => void };

/** Why a line has its amount: from what was kept when it was calculated, down to its events. */
export function ExplainDrawer({ invoiceId, lineId, currency, onClose }: Props) {
  const query = useInfiniteQuery(explanation(invoiceId, lineId));
  const line = useQuery(invoiceLines(invoiceId)).data?.find(({ id }) => id === lineId);
  const told = query.data?.pages[0];
  const members = query.data?.pages.flatMap((page) => page.usage?.members.items ?? []) ?? [];
  return (
    <Drawer opened onClose={onClose} title={told ? `Explain ${told.title}` : "Explain this number"} size="lg">
      {query.error ? (
        <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      ) : !told ? (
        <Skeleton height={240} aria-label="Loading the explanation" />
      ) : (
        <Stack gap="md">
          <Facts items={facts(told, currency)} />
          {line && told.segments.length > 0 && <Sum told={told} line={line} currency={currency} />}
          {told.usage && (
            <Measured
              usage={told.usage}
              unit={told.unit}
              members={members}
              hasMore={query.hasNextPage}
              busy={query.isFetchingNextPage}
              onMore={() => void query.fetchNextPage()}
            />
          )}
        </Stack>
      )}
    </Drawer>
  );
}

function facts(told: Explanation, currency: string): [string, React.ReactNode][] {
  const { servicePeriod: service, proration, rounding, usage } = told;
  return [
    ["Amount", <Money key="amount" value={told.netTotal} currency={currency} />],
    ["Rounding", roundingText(rounding, currency)],
    ["Tax", taxText(told.tax, currency)],
    ...(told.adjustment
      ? ([
          [
            "Adjusted",
            `${moneyText(told.adjustment.netTotal, currency)} by all that is known, less ` +
              `${moneyText(told.adjustment.billedNetTotal, currency)} billed before`,
          ],
        ] as [string, string][])
      : []),
    ["Price", `${told.price.name}, as of the calculation`],
    ["Period", service && periodText(service.startDate, service.endDate)],
    ...(proration
      ? ([["Days", `${proration.days} of ${plural(proration.ofDays, "day")}`]] as [string, string][])
      : []),
    ...(usage
      ? ([
          ["Metric", `${usage.metric.name ?? usage.metric.eventType} (${usage.metric.aggregationType})`],
          ...(usage.metric.percentile ? [["Percentile", usage.metric.percentile]] : []),
          ...(usage.metric.expression ? [["Expression", usage.metric.expression]] : []),
          ...(usage.metric.parameters ?? []).map(({ name, value }) => [`Parameter ${name}`, value]),
          ["Measured", <Quantity key="quantity" value={usage.quantity} unit={told.unit} />],
        ] as [string, React.ReactNode][])
      : []),
    ["Calculated", told.calculatedAt && <Moment key="at" value={told.calculatedAt} />],
  ];
}

/** "20 % of it, 4.00: agreed on the schedule (VAT, version 2)" */
function taxText(tax: LineTax, currency: string): string {
  const why = TAX_REASONS[tax.reason];
  if (!tax.name) return `None: ${why}`;
  const version = tax.taxRateVersion ? `, version ${tax.taxRateVersion}` : "";
  return `${percentText(tax.taxRate)} is ${moneyText(tax.rounded, currency)} (${tax.name}${version}): ${why}`;
}

function roundingText(rounding: Explanation["rounding"], currency: string): string {
  const [exact, rounded] = [moneyText(rounding.exact, currency), moneyText(rounding.rounded, currency)];
  return exact === rounded ? `None: ${exact} exactly` : `${exact} to ${rounded}, halves away from zero`;
}

/** The parts of the line and what they come to. */
function Sum({ told, line, currency }: { told: Explanation; line: LineItem; currency: string }) {
  return (
    <ScrollX label="How the amount adds up">
      <table className="grid-table" aria-label="How the amount adds up">
        <thead>
          <tr>
            <th scope="col">Priced as</th>
            <th scope="col" className="end">
              Quantity
            </th>
            <th scope="col" className="end wide-only">
              Rate
            </th>
            <th scope="col" className="end">
              Amount
            </th>
          </tr>
        </thead>
        <tbody>
          <SegmentRows line={{ ...line, segments: told.segments }} currency={currency} indent={16} />
          <tr className="total">
            <td>Amount</td>
            <td className="end">
              <Quantity value={told.quantity} unit={told.unit} />
            </td>
            <td className="wide-only" />
            <td className="end">
              <Money value={told.netTotal} currency={currency} />
            </td>
          </tr>
        </tbody>
      </table>
    </ScrollX>
  );
}

/** Why the figures of the customers do not add up to the one that is billed. */
const TOGETHER: Record<string, string> = {
  UNIQUE: "what they have in common counts once",
  MAX: "only the greatest of all counts",
  SEATS: "seats are charged by the day, and never fewer than were contracted",
};

type MeasuredProps = {
  usage: UsageUsed;
  unit?: string;
  members: MemberShare[];
  hasMore: boolean;
  busy: boolean;
  onMore: () => void;
};

function Measured({ usage, unit, members, hasMore, busy, onMore }: MeasuredProps) {
  const all = usage.members.pagination?.totalResultSize ?? members.length;
  const columns: Column<MemberShare>[] = [
    {
      title: "Customer",
      cell: (row) => (
        <>
          <Anchor component={Link} to={`/customers/${row.customerId}`} size="sm">
            {row.name}
          </Anchor>
          <Counted row={row} window={usage.window} />
        </>
      ),
    },
    { title: "Quantity", end: true, cell: (row) => <Quantity value={row.quantity} unit={unit} /> },
    { title: "Events", end: true, cell: (row) => decimalText(row.eventCount) },
  ];
  return (
    <section aria-label="Measured usage">
      <Group justify="space-between" mb="xs">
        <Title order={3} size="sm">
          {plural(all, "customer")} used it
        </Title>
        <Anchor
          component={Link}
          size="sm"
          to={`/usage/events?lineItemId=${new URLSearchParams(usage.events.split("?")[1]).get("lineItemId") ?? ""}`}
        >
          {usage.eventCount === 1 ? "Show the event" : `Show the ${decimalText(usage.eventCount)} events`}
        </Anchor>
      </Group>
      {usage.eventsKeptSince && (
        <Text size="sm" c="dimmed" mb="xs">
          Of these, what happened before {momentText(usage.eventsKeptSince)} was dropped.
        </Text>
      )}
      {usage.membersTotal !== usage.quantity && (
        <Text size="sm" c="dimmed" mb="xs">
          Their own figures add up to {decimalText(usage.membersTotal)}; {decimalText(usage.quantity)} is
          billed, because{" "}
          {TOGETHER[usage.metric.aggregationType] ?? "it is measured over all of them together"}.
        </Text>
      )}
      <DataTable
        label="Measured usage"
        columns={columns}
        rows={members}
        rowKey={(row) => row.customerId}
        empty={
          <Text size="sm" c="dimmed">
            Nobody used anything in this period.
          </Text>
        }
      />
      {hasMore && (
        <Button variant="default" size="compact-sm" mt="xs" loading={busy} onClick={onMore}>
          Show more
        </Button>
      )}
    </section>
  );
}

/** When a member counted, unless that was throughout. */
function Counted({ row: { counted: stretches }, window }: { row: MemberShare; window: Stretch }) {
  const [only] = stretches;
  if (stretches.length === 1 && only?.from === window.from && only.to === window.to) return null;
  const times = stretches.map(
    ({ from, to }) => `from ${momentText(from)}${to ? ` until ${momentText(to)}` : ""}`,
  );
  return <span className="line-note">{times.join("; ")}</span>;
}
