import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { invoiceList } from "../../api/invoices";
import type { BillingRun } from "../../api/runs";
import type { Invoice } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Missing, Money } from "../../components/Figures";
import { periodText } from "../../components/format";
import { Pager } from "../../components/Pager";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { Status } from "../../components/Status";
import { useFilters } from "../../components/useFilters";

const COLUMNS: Column<Invoice>[] = [
  { title: "Number", cell: (row) => row.invoiceNumber ?? "Draft", whole: true },
  { title: "Customer", cell: (row) => row.customerLegalCompanyName },
  {
    title: "Period",
    cell: ({ billingPeriod: period }) =>
      period ? periodText(period.start, period.endInclusive) : <Missing />,
    wideOnly: true,
  },
  { title: "Status", cell: (row) => <Status value={row.status} /> },
  { title: "Total", cell: (row) => <Money value={row.grossTotal} currency={row.currency} />, end: true },
];

/** What a run drafted, void invoices included, by customer. Read anew whenever it gets any further. */
export function RunInvoices({ run }: { run: BillingRun }) {
  const { cursor, go } = useFilters([]);
  const list = invoiceList({
    billingRunId: run.id,
    sortBy: "CUSTOMER_LEGAL_COMPANY_NAME",
    sortOrder: "ASC",
    ...cursor,
    limit: 25,
  });
  const { data, error, refetch } = useQuery({
    ...list,
    queryKey: [...list.queryKey, run.status, String(run.draftedCount)],
    placeholderData: keepPreviousData,
  });
  if (data?.items.length === 0) return null;
  return (
    <Panel title="Invoices" flush>
      {error ? (
        <div className="panel-body">
          <ProblemAlert error={error} onRetry={() => void refetch()} />
        </div>
      ) : (
        <DataTable
          label="Invoices"
          columns={COLUMNS}
          rows={data?.items}
          rowKey={(row) => row.id}
          rowLink={(row) => `/billing/invoices/${row.id}`}
        />
      )}
      <Pager page={data} onGo={go} />
    </Panel>
  );
}
