import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { invoiceList } from "../../api/invoices";
import type { Invoice } from "../../api/types";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Money } from "../../components/Figures";
import { ListTable } from "../../components/ListTable";
import { periodText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";

const INVOICE_COLUMNS: Column<Invoice>[] = [
  { title: "Number", cell: (row) => row.invoiceNumber ?? "Draft", whole: true },
  {
    title: "Period",
    cell: ({ billingPeriod: period }) => period && periodText(period.start, period.endInclusive),
  },
  { title: "Due", cell: (row) => <Day value={row.dueDate} />, wideOnly: true },
  { title: "Status", cell: (row) => <Status value={row.status} /> },
  { title: "Total", cell: (row) => <Money value={row.grossTotal} currency={row.currency} />, end: true },
];

/** The invoices that a schedule has made, newest first. */
export function ScheduleInvoices({ id }: { id: string }) {
  const [cursor, setCursor] = useState<{ after?: string; before?: string }>({});
  const list = useQuery({
    ...invoiceList({ billingScheduleId: id, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  return (
    <Panel title="Invoices" flush>
      <ListTable
        list={list}
        onGo={setCursor}
        label="Invoices"
        columns={INVOICE_COLUMNS}
        rowKey={(row) => row.id}
        rowLink={(row) => `/billing/invoices/${row.id}`}
        sketch={2}
        empty={
          <Empty title="No invoices yet">
            They are drafted by the billing run once the schedule is started and something is due.
          </Empty>
        }
      />
    </Panel>
  );
}
