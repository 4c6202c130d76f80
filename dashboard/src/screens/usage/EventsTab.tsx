import { Button, Checkbox, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { eventList } from "../../api/usage";
import type { UsageEvent } from "../../api/types";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { MomentUtc } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { ListTable } from "../../components/ListTable";
import { momentText } from "../../components/format";
import { withinDays } from "../../components/instants";
import { useFilters, useParam } from "../../components/useFilters";
import { CancelEvent } from "./CancelEvent";
import { propertiesText } from "./properties";

const COLUMNS: Column<UsageEvent>[] = [
  { title: "When (UTC)", cell: (row) => <MomentUtc value={row.eventTimestamp} /> },
  { title: "Type", cell: (row) => row.eventType },
  { title: "Customer alias", cell: (row) => row.customerAlias },
  {
    title: "Properties",
    cell: (row) => <code style={{ overflowWrap: "anywhere" }}>{propertiesText(row.eventProperties)}</code>,
    wideOnly: true,
  },
  {
    title: "Event id",
    cell: (row) => (
      <>
        {row.customerEventId}
        {row.isLatestForCustomerEventId === false &&
          (row.isCancelled ? " (cancelled)" : " (replaced)")}
      </>
    ),
    wideOnly: true,
  },
  {
    title: "Actions",
    cell: (row) => row.isLatestForCustomerEventId && <CancelEvent event={row} />,
    end: true,
  },
];

const FILTERS = ["customerAlias", "eventType", "eventId", "from", "to", "unmapped", "lineItemId"] as const;

export function EventsTab() {
  const { values, cursor, set, go, clear, active } = useFilters(FILTERS);
  const [, setNew] = useParam("new");
  const list = useQuery({
    ...eventList({
      customerAlias: values.customerAlias,
      eventType: values.eventType,
      eventId: values.eventId,
      lineItemId: values.lineItemId,
      ...withinDays(values.from, values.to),
      unmappedAliasesOnly: values.unmapped === "true",
      ...cursor,
      limit: 25,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <section className="panel" aria-label="Usage events">
      <Filters active={active} onClear={clear}>
        <FilterText
          label="Customer alias"
          value={values.customerAlias}
          onChange={(text) => set("customerAlias", text)}
        />
        <FilterText
          label="Event type"
          value={values.eventType}
          onChange={(text) => set("eventType", text)}
        />
        <FilterText label="Event id" value={values.eventId} onChange={(text) => set("eventId", text)} />
        <FilterText
          label="From"
          type="date"
          value={values.from}
          onChange={(day) => set("from", day)}
        />
        <FilterText
          label="To"
          type="date"
          value={values.to}
          onChange={(day) => set("to", day)}
        />
        <Checkbox
          label="Unmapped aliases only"
          mb={8}
          checked={values.unmapped === "true"}
          onChange={(event) => set("unmapped", event.currentTarget.checked ? "true" : null)}
        />
        {values.lineItemId && (
          <Text size="sm" mb={8}>
            Only what one invoice line counted
          </Text>
        )}
      </Filters>
      <ListTable
        list={list}
        onGo={go}
        label="Usage events"
        columns={COLUMNS}
        rowKey={(row) => row.id}
        sketch={10}
        empty={
          values.unmapped === "true" ? (
            <Empty title="Every event has its customer">
              Events whose alias belongs to nobody are listed here. They count once the alias is
              given to a customer.
            </Empty>
          ) : active ? (
            <Empty title="No event matches">Types, aliases and ids must match exactly.</Empty>
          ) : (
            <Empty
              title="No usage events yet"
              action={<Button onClick={() => setNew("event")}>New usage event</Button>}
            >
              Your systems send an event for everything that may be billed: POST /api/usage-events, or
              up to 10,000 at once to /api/usage-events/batch. You can also add one by hand.
            </Empty>
          )
        }
      >
        {list.data?.keptSince && (
          <Text size="sm" c="dimmed" px={{ base: "sm", sm: "md" }} pt="sm">
            All that happened before {momentText(list.data.keptSince)} was dropped.
          </Text>
        )}
      </ListTable>
    </section>
  );
}
