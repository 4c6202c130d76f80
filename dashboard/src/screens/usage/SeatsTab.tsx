import { Anchor } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { seatBalances, type CustomerSeats } from "../../api/seats";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { MomentUtc } from "../../components/Figures";
import { decimalText } from "../../components/format";
import { Pager } from "../../components/Pager";
import { ProblemAlert } from "../../components/Problem";
import { useFilters } from "../../components/useFilters";

const COLUMNS: Column<CustomerSeats>[] = [
  {
    title: "Customer",
    cell: ({ id, legalName }) => (
      <Anchor component={Link} to={`/customers/${id}`} size="sm">
        {legalName}
      </Anchor>
    ),
  },
  {
    title: "By type",
    cell: ({ balances }) =>
      balances.map(({ seatType, total }) => `${seatType} ${decimalText(total)}`).join(", "),
    wideOnly: true,
  },
  { title: "Seats", cell: ({ total }) => decimalText(total), end: true },
  {
    title: "Changed (UTC)",
    cell: ({ changeTimestamp }) => <MomentUtc value={changeTimestamp} />,
    whole: true,
  },
];

/** How many seats each customer has now. */
export function SeatsTab() {
  const { cursor, go } = useFilters([]);
  const list = useQuery({
    ...seatBalances({ ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  return (
    <section className="panel" aria-label="Seats">
      {list.error ? (
        <div className="panel-body">
          <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />
        </div>
      ) : (
        <DataTable
          label="Seats"
          columns={COLUMNS}
          rows={list.data?.items}
          rowKey={(row) => row.id}
          empty={
            <Empty title="Nobody has seats yet">
              Seat events say how many seats a customer has; its latest totals are listed here.
            </Empty>
          }
        />
      )}
      <Pager page={list.data} onGo={go} />
    </section>
  );
}
