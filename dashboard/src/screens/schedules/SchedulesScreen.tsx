import { Button, Checkbox, Select, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { scheduleList } from "../../api/schedules";
import type { Schedule } from "../../api/types";
import { CustomerName } from "../../components/CustomerName";
import { CustomerSelect } from "../../components/CustomerSelect";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Missing } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { ListTable } from "../../components/ListTable";
import { PageHead } from "../../components/PageHead";
import { Status } from "../../components/Status";
import { useFilters } from "../../components/useFilters";

const COLUMNS: Column<Schedule>[] = [
  { title: "Customer", cell: (row) => <CustomerName id={row.customerId} /> },
  { title: "Status", cell: (row) => <Status value={row.archivedAt ? "ARCHIVED" : row.status} /> },
  { title: "Starts", cell: (row) => <Day value={row.startDate} /> },
  { title: "Ends", cell: (row) => (row.endDate ? <Day value={row.endDate} /> : "Open-ended") },
  { title: "Roll-up", cell: (row) => (row.rollUpBilling ? "Yes" : "No"), wideOnly: true },
  {
    title: "Invoices",
    cell: (row) => (row.autoIssueInvoices ? "Issued automatically" : "Wait as drafts"),
    wideOnly: true,
  },
  { title: "Label", cell: (row) => row.label ?? <Missing />, wideOnly: true },
];

const STATUSES = [
  { value: "DRAFT", label: "Draft" },
  { value: "PENDING", label: "Upcoming" },
  { value: "ACTIVE", label: "Active" },
  { value: "SUSPENDED", label: "Suspended" },
  { value: "COMPLETED", label: "Completed" },
  { value: "CANCELLED", label: "Cancelled" },
];

const FILTERS = ["customerId", "billingScheduleStatus", "label", "includeArchivedSchedules"] as const;

export default function SchedulesScreen() {
  const { values, cursor, set, go, clear, active } = useFilters(FILTERS);
  const list = useQuery({
    ...scheduleList({ ...values, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const add = (
    <Button component={Link} to="/billing/schedules/new">
      New billing schedule
    </Button>
  );
  return (
    <Stack gap="md">
      <PageHead title="Billing schedules" actions={add} />
      <section className="panel" aria-label="Billing schedules">
        <Filters active={active} onClear={clear}>
          <CustomerSelect
            label="Customer"
            value={values.customerId || null}
            onChange={(value) => set("customerId", value)}
          />
          <Select
            label="Status"
            clearable
            placeholder="Any"
            data={STATUSES}
            value={values.billingScheduleStatus || null}
            onChange={(value) => set("billingScheduleStatus", value)}
          />
          <FilterText label="Label" value={values.label} onChange={(text) => set("label", text)} />
          <Checkbox
            label="Show archived"
            mb={8}
            checked={values.includeArchivedSchedules === "true"}
            onChange={(event) =>
              set("includeArchivedSchedules", event.currentTarget.checked ? "true" : null)
            }
          />
        </Filters>
        <ListTable
          list={list}
          onGo={go}
          label="Billing schedules"
          columns={COLUMNS}
          rowKey={(row) => row.id}
          rowLink={(row) => `/billing/schedules/${row.id}`}
          empty={
            active ? (
              <Empty title="No billing schedule matches" />
            ) : (
              <Empty title="No billing schedules yet" action={add}>
                A schedule ties prices to a customer over time. Once it is started, invoices are drafted
                whenever something falls due. For a family of customers, one schedule of the head
                office can roll up everyone&apos;s usage.
              </Empty>
            )
          }
        />
      </section>
    </Stack>
  );
}
