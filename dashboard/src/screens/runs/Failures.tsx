import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import type { RunFailure } from "../../api/runs";
import { DataTable, type Column } from "../../components/DataTable";
import { Panel } from "../../components/Panel";

const CUSTOMER: Column<RunFailure> = {
  title: "Customer",
  cell: (row) => (
    <Anchor component={Link} to={`/customers/${row.customerId}`} size="sm">
      {row.customerLegalCompanyName ?? row.customerId}
    </Anchor>
  ),
};

const REASON: Column<RunFailure> = { title: "Reason", cell: (row) => row.reason };

const NOT_BILLED: Column<RunFailure>[] = [
  CUSTOMER,
  {
    title: "Schedule",
    cell: (row) => (
      <Anchor component={Link} to={`/billing/schedules/${row.billingScheduleId}`} size="sm">
        Open schedule
      </Anchor>
    ),
    whole: true,
  },
  REASON,
];

const PARKED: Column<RunFailure>[] = [
  CUSTOMER,
  {
    title: "Draft",
    cell: (row) => (
      <Anchor component={Link} to={`/billing/invoices/${row.invoiceId}`} size="sm">
        Open draft
      </Anchor>
    ),
    whole: true,
  },
  REASON,
];

/** Whom a run could not bill, and which drafts it did not issue; everyone else was billed. */
export function Failures({ failures }: { failures: RunFailure[] }) {
  const parked = failures.filter((one) => one.invoiceId);
  const failed = failures.filter((one) => !one.invoiceId);
  return (
    <>
      {failed.length > 0 && (
        <Panel title="Not billed" flush>
          <DataTable
            label="Not billed"
            columns={NOT_BILLED}
            rows={failed}
            rowKey={(row) => row.billingScheduleId}
          />
        </Panel>
      )}
      {parked.length > 0 && (
        <Panel title="Out of bounds, so not issued" flush>
          <DataTable
            label="Out of bounds"
            columns={PARKED}
            rows={parked}
            rowKey={(row) => row.invoiceId ?? row.billingScheduleId}
          />
        </Panel>
      )}
    </>
  );
}
