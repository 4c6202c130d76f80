import { Select, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { issued, runList, type BillingRun } from "../../api/runs";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, MomentUtc } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { decimalText } from "../../components/format";
import { PageHead } from "../../components/PageHead";
import { Pager } from "../../components/Pager";
import { ProblemAlert } from "../../components/Problem";
import { Status, statusName } from "../../components/Status";
import { useFilters } from "../../components/useFilters";
import { BoundsButton } from "./BoundsButton";
import { RunButton } from "./RunButton";
import { RunTotals } from "./RunTotals";

const STATUSES = ["RUNNING", "BALANCED", "UNBALANCED", "CANCELLED", "FAILED"].map((value) => ({
  value,
  label: statusName(value),
}));

const COLUMNS: Column<BillingRun>[] = [
  { title: "Due up to", cell: (row) => <Day value={row.asOf} /> },
  { title: "Started (UTC)", cell: (row) => <MomentUtc value={row.createdAt} />, wideOnly: true },
  { title: "Status", cell: (row) => <Status value={row.status} /> },
  { title: "Drafted", cell: drafted, end: true },
  { title: "Issued", cell: (row) => decimalText(issued(row)), end: true, wideOnly: true },
  { title: "Failures", cell: (row) => decimalText(row.failureCount), end: true, wideOnly: true },
  { title: "Differences", cell: (row) => decimalText(row.differenceCount), end: true, wideOnly: true },
  { title: "Total", cell: (row) => <RunTotals totals={row.totals} />, end: true },
];

const RunsActions = () => (
  <>
    <BoundsButton />
    <RunButton />
  </>
);

export default function RunsScreen() {
  const { values, cursor, set, go, clear, active } = useFilters(["status"]);
  const list = useQuery({
    ...runList({ ...values, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  return (
    <Stack gap="md">
      <PageHead title="Billing runs" actions={<RunsActions />} />
      <section className="panel" aria-label="Billing runs">
        <Filters active={active} onClear={clear}>
          <Select
            label="Status"
            w={150}
            clearable
            placeholder="Any"
            data={STATUSES}
            value={values.status || null}
            onChange={(value) => set("status", value)}
          />
        </Filters>
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
              active ? (
                <Empty title="No billing run is like that" />
              ) : (
                <Empty title="No billing run yet" action={<RunButton />}>
                  A run drafts an invoice for everything due and ends with a control sheet: where every event
                  went, and whether everything adds up. Only then is anything issued.
                </Empty>
              )
            }
          />
        )}
        <Pager page={list.data} onGo={go} />
      </section>
    </Stack>
  );
}

/** What a run has drafted; of one at work also how many there will be. */
function drafted({ status, draftedCount, progress }: BillingRun) {
  const count = decimalText(draftedCount);
  return status === "RUNNING" ? `${count} of ${decimalText(progress.invoiceCount)}` : count;
}
