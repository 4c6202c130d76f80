import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import type { RunFailure } from "../../api/runs";
import { DataTable, type Column } from "../../components/DataTable";
import { Panel } from "../../components/Panel";

const COLUMNS: Column<RunFailure>[] = [
  {
    title: "Customer",
    cell: (row) => (
      <Anchor component={Link} to={`/customers/${row.customerId}`} size="sm">
        {row.customerLegalCompanyName ?? row.customerId}
      </Anchor>
    ),
  },
  {
    title: "Schedule",
    cell: (row) => (
      <Anchor component={Link} to={`/billing/schedules/${row.billingScheduleId}`} size="sm">
        Open schedule
      </Anchor>
    ),
    whole: true,
  },
  { title: "Reason", cell: (row) => row.reason },
];

/** Whom a run could not bill; everyone else was. */
export function Failures({ failures }: { failures: RunFailure[] }) {
  if (failures.length === 0) return null;
  return (
    <Panel title="Not billed" flush>
      <DataTable
        label="Not billed"
        columns={COLUMNS}
        rows={failures}
        rowKey={(row) => row.billingScheduleId}
      />
    </Panel>
  );
}
