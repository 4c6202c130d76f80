import { Anchor, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { scheduleList } from "../../api/schedules";
import type { Schedule } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { periodText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";

const COLUMNS: Column<Schedule>[] = [
  { title: "Period", cell: (row) => periodText(row.startDate, row.endDate) },
  { title: "Status", cell: (row) => <Status value={row.status} /> },
  { title: "Roll-up", cell: (row) => (row.rollUpBilling ? "Yes" : "No"), wideOnly: true },
];

export function SchedulesPanel({ customerId }: { customerId: string }) {
  const { data } = useQuery(scheduleList({ customerId, limit: 10 }));
  const make = `/billing/schedules/new?customerId=${customerId}`;
  return (
    <Panel
      title="Billing schedules"
      flush
      actions={
        <>
          {data?.pagination?.after && (
            <Anchor component={Link} to={`/billing/schedules?customerId=${customerId}`} size="sm">
              All schedules
            </Anchor>
          )}
          <Button component={Link} to={make} size="compact-sm" variant="default">
            New schedule
          </Button>
        </>
      }
    >
      <DataTable
        label="Billing schedules"
        columns={COLUMNS}
        rows={data?.items}
        rowKey={(row) => row.id}
        rowLink={(row) => `/billing/schedules/${row.id}`}
        sketch={2}
        empty={
          <Empty title="No billing schedules">
            A schedule says which prices this customer pays, and from when.
          </Empty>
        }
      />
    </Panel>
  );
}
