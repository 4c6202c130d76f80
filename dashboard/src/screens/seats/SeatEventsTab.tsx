import { Button, Select, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { everySeatMetric, seatEventList, type SeatEvent } from "../../api/seats";
import { CustomerSelect } from "../../components/CustomerSelect";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { MomentUtc } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { ListTable } from "../../components/ListTable";
import { decimalText } from "../../components/format";
import { withinDays } from "../../components/instants";
import { useFilters, useParam } from "../../components/useFilters";

const columns = (labels: Map<string, string>): Column<SeatEvent>[] => [
  { title: "From (UTC)", cell: (row) => <MomentUtc value={row.eventTimestamp} /> },
  { title: "Customer alias", cell: (row) => row.customerAlias },
  { title: "Kind", cell: ({ seatType }) => labels.get(seatType) ?? seatType },
  { title: "Seats", cell: ({ total }) => decimalText(total), end: true },
  {
    title: "Event id",
    cell: (row) => (
      <>
        {row.customerEventId}
        {!row.isLatestForCustomerEventId && " (replaced)"}
      </>
    ),
    wideOnly: true,
  },
];

const FILTERS = [
  "customerIds",
  "customerAlias",
  "seatType",
  "customerEventId",
  "from",
  "to",
  "lineItemId",
] as const;

/** What was told of seats: each event is a total from its instant on. */
export function SeatEventsTab() {
  const { values, cursor, set, go, clear, active } = useFilters(FILTERS);
  const [, setNew] = useParam("new");
  const metrics = useQuery(everySeatMetric);
  const { from, to, ...named } = values;
  const list = useQuery({
    ...seatEventList({
      ...named,
      ...withinDays(from, to),
      sortBy: "eventTimestamp",
      ...cursor,
      limit: 25,
    }),
    placeholderData: keepPreviousData,
  });
  const kinds = metrics.data ?? [];
  return (
    <section className="panel" aria-label="Seat events">
      <Filters active={active} onClear={clear}>
        <CustomerSelect
          label="Customer"
          value={values.customerIds || null}
          onChange={(id) => set("customerIds", id)}
        />
        <FilterText
          label="Customer alias"
          value={values.customerAlias}
          onChange={(text) => set("customerAlias", text)}
        />
        <Select
          label="Kind"
          clearable
          searchable
          placeholder="Any"
          data={kinds.map(({ seatType, label }) => ({ value: seatType, label }))}
          value={values.seatType || null}
          onChange={(value) => set("seatType", value)}
        />
        <FilterText
          label="Event id"
          value={values.customerEventId}
          onChange={(text) => set("customerEventId", text)}
        />
        <FilterText label="From" type="date" value={from} onChange={(day) => set("from", day)} />
        <FilterText label="To" type="date" value={to} onChange={(day) => set("to", day)} />
        {values.lineItemId && (
          <Text size="sm" mb={8}>
            Only what decided the seats of one invoice line
          </Text>
        )}
      </Filters>
      <ListTable
        list={list}
        onGo={go}
        label="Seat events"
        columns={columns(new Map(kinds.map(({ seatType, label }) => [seatType, label])))}
        rowKey={(row) => row.id}
        sketch={10}
        empty={
          active ? (
            <Empty title="No seat event matches">Aliases and ids must match exactly.</Empty>
          ) : (
            <Empty
              title="No seat events yet"
              action={<Button onClick={() => setNew("seat-event")}>New seat event</Button>}
            >
              Your systems send an event whenever a customer&apos;s seats change, with how many there are from
              then on: POST /api/seat-events. You can also add one by hand.
            </Empty>
          )
        }
      />
    </section>
  );
}
