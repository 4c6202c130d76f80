import { Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { issued, runList, type BillingRun } from "../../api/runs";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, MomentUtc } from "../../components/Figures";
import { decimalText } from "../../components/format";
import { PageHead } from "../../components/PageHead";
import { Pager } from "../../components/Pager";
import { ProblemAlert } from "../../components/Problem";
import { Status } from "../../components/Status";
import { useFilters } from "../../components/useFilters";
import { RunButton } from "./RunButton";
import { RunTotals } from "./RunTotals";

const COLUMNS: Column<BillingRun>[] = [
  { title: "Due up to", cell: (row) => <Day value={row.asOf} />, whole: true },
  { title: "Started (UTC)", cell: (row) => <MomentUtc value={row.createdAt} />, wideOnly: true },
  { title: "Status", cell: (row) => <Status value={row.status} /> },
  { title: "Drafted", cell: (row) => decimalText(row.draftedCount), end: true },
  { title: "Issued", cell: (row) => decimalText(issued(row)), end: true, wideOnly: true },
  { title: "Failures", cell: (row) => decimalText(row.failureCount), end: true, wideOnly: true },
  { title: "Differences", cell: (row) => decimalText(row.differenceCount), end: true, wideOnly: true },
  { title: "Total", cell: (row) => <RunTotals totals={row.totals} />, end: true },
];

export default function RunsScreen() {
  const { cursor, go } = useFilters([]);
  const list = useQuery({ ...runList({ ...cursor, limit: 25 }), placeholderData: keepPreviousData });
  return (
    <Stack gap="md">
      <PageHead title="Billing runs" actions={<RunButton />} />
      <section className="panel" aria-label="Billing runs">
        {list.error ? (
          <div className="panel-body">
            <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />
          </div>
        ) : (
          <DataTable
            label="Billing runs"
            columns={COLUMNS}
            rows={list.data?.items}
            rowKey={(row) => row.id}
            rowLink={(row) => `/billing/runs/${row.id}`}
            empty={
              <Empty title="No billing run yet" action={<RunButton />}>
                A run drafts an invoice for everything due and ends with a control sheet: where every event
                went, and whether everything adds up. Only then is anything issued.
              </Empty>
            }
          />
        )}
        <Pager page={list.data} onGo={go} />
      </section>
    </Stack>
  );
}
