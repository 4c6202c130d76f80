import { Anchor, Button, Group, Text, Title } from "@mantine/core";
import { Link } from "react-router";

import type { MemberShare, Stretch, UsageUsed } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Quantity } from "../../components/Figures";
import { decimalText, momentText, plural } from "../../components/format";

/** Why the figures of the customers do not add up to the one that is billed. */
const TOGETHER: Record<string, string> = {
  UNIQUE: "what they have in common counts once",
  MAX: "only the greatest of all counts",
  SEATS: "seats are charged by the day, and never fewer than were contracted",
};

/** The screen that lists what `query` of the API does. */
function eventsPath(query: string): string {
  const [path, search] = query.split("?");
  return `${path === "/seat-events" ? "/seats/events" : "/usage/events"}?${search}`;
}

const countedText = (count: number) =>
  count === 1 ? "Show the event" : `Show the ${decimalText(count)} events`;

type Props = {
  usage: UsageUsed;
  unit?: string;
  members: MemberShare[];
  hasMore: boolean;
  busy: boolean;
  onMore: () => void;
};

/** Whose usage or seats were measured, and how much each contributed. */
export function Measured({ usage, unit, members, hasMore, busy, onMore }: Props) {
  const { aggregationType, eventType } = usage.metric;
  const seats = aggregationType === "SEATS";
  const all = usage.members.pagination?.totalResultSize ?? members.length;
  const label = seats ? "Counted seats" : "Measured usage";
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
    {
      title: "Events",
      end: true,
      cell: (row) =>
        seats ? (
          <Anchor
            component={Link}
            to={`/seats/events?customerIds=${row.customerId}&seatType=${eventType}`}
            size="sm"
            aria-label={`Seat events of ${row.name}`}
          >
            {decimalText(row.eventCount)}
          </Anchor>
        ) : (
          decimalText(row.eventCount)
        ),
    },
  ];
  return (
    <section aria-label={label}>
      <Group justify="space-between" mb="xs">
        <Title order={3} size="sm">
          {plural(all, "customer")} {seats ? "had seats" : "used it"}
        </Title>
        <Anchor component={Link} size="sm" to={eventsPath(usage.events)}>
          {seats ? "Show the seat events" : countedText(usage.eventCount)}
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
          {TOGETHER[aggregationType] ?? "it is measured over all of them together"}.
        </Text>
      )}
      <DataTable
        label={label}
        columns={columns}
        rows={members}
        rowKey={(row) => row.customerId}
        empty={
          <Text size="sm" c="dimmed">
            {seats ? "Nobody had seats in this period." : "Nobody used anything in this period."}
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
