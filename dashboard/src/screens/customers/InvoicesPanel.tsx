import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { datedOn, invoiceList } from "../../api/invoices";
import type { Invoice } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Money } from "../../components/Figures";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";

const COLUMNS: Column<Invoice>[] = [
  { title: "Number", cell: (row) => row.invoiceNumber ?? "Draft", whole: true },
  { title: "Date", cell: (row) => <Day value={datedOn(row)} /> },
  { title: "Status", cell: (row) => <Status value={row.status} />, wideOnly: true },
  { title: "Total", cell: (row) => <Money value={row.grossTotal} currency={row.currency} />, end: true },
];

export function InvoicesPanel({ customerId }: { customerId: string }) {
  const { data } = useQuery(invoiceList({ customerId, limit: 10 }));
  return (
    <Panel
      title="Invoices"
      flush
      actions={
        data?.pagination?.after && (
          <Anchor component={Link} to={`/billing/invoices?customerId=${customerId}`} size="sm">
            All invoices
          </Anchor>
        )
      }
    >
      <DataTable
        label="Invoices"
        columns={COLUMNS}
        rows={data?.items}
        rowKey={(row) => row.id}
        rowLink={(row) => `/billing/invoices/${row.id}`}
        sketch={2}
        empty={
          <Empty title="No invoices">They are drafted when a billing schedule says they are due.</Empty>
        }
      />
    </Panel>
  );
}
