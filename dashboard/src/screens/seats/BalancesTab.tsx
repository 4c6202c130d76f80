import { Anchor, Button, Checkbox } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { everySeatMetric, seatBalances, type CustomerSeats } from "../../api/seats";
import { CustomerSelect } from "../../components/CustomerSelect";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { MomentUtc } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { ListTable } from "../../components/ListTable";
import { decimalText } from "../../components/format";
import { useFilters, useParam } from "../../components/useFilters";

const columns = (labels: Map<string, string>): Column<CustomerSeats>[] => [
  {
    title: "Customer",
    cell: ({ id, legalName }) => (
      <Anchor component={Link} to={`/customers/${id}`} size="sm">
        {legalName}
      </Anchor>
    ),
  },
  {
    title: "By kind",
    cell: ({ balances }) =>
      balances
        .map(({ seatType, total }) => `${labels.get(seatType) ?? seatType}: ${decimalText(total)}`)
        .join(", "),
  },
  { title: "Seats", cell: ({ total }) => decimalText(total), end: true },
  {
    title: "Changed (UTC)",
    cell: ({ changeTimestamp }) => <MomentUtc value={changeTimestamp} />,
    whole: true,
    wideOnly: true,
  },
  {
    title: "Actions",
    cell: ({ id, legalName }) => (
      <Anchor component={Link} to={`/seats/events?customerIds=${id}`} size="sm" aria-label={`Events of ${legalName}`}>
        Events
      </Anchor>
    ),
    end: true,
  },
];

const FILTERS = ["customerIds", "excludeZeroQuantity"] as const;

/** How many seats each customer has now. */
export function BalancesTab() {
  const { values, cursor, set, go, clear, active } = useFilters(FILTERS);
  const [, setNew] = useParam("new");
  const metrics = useQuery(everySeatMetric);
  const list = useQuery({
    ...seatBalances({ ...values, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const labels = new Map((metrics.data ?? []).map(({ seatType, label }) => [seatType, label]));
  return (
    <section className="panel" aria-label="Balances">
      <Filters active={active} onClear={clear}>
        <CustomerSelect
          label="Customer"
          value={values.customerIds || null}
          onChange={(id) => set("customerIds", id)}
        />
        <Checkbox
          label="Only who has seats now"
          mb={8}
          checked={values.excludeZeroQuantity === "true"}
          onChange={(event) => set("excludeZeroQuantity", event.currentTarget.checked ? "true" : null)}
        />
      </Filters>
      <ListTable
        list={list}
        onGo={go}
        label="Balances"
        columns={columns(labels)}
        rowKey={(row) => row.id}
        empty={
          active ? (
            <Empty title="No customer matches" />
          ) : (
            <Empty
              title="Nobody has seats yet"
              action={<Button onClick={() => setNew("seat-event")}>New seat event</Button>}
            >
              Seat events say how many seats a customer has; its latest totals are listed here.
            </Empty>
          )
        }
      />
    </section>
  );
}
