import { Select, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { datedOn, invoiceList } from "../../api/invoices";
import type { Invoice } from "../../api/types";
import { CustomerSelect } from "../../components/CustomerSelect";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Missing, Money } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { ListTable } from "../../components/ListTable";
import { CURRENCIES, periodText } from "../../components/format";
import { PageHead } from "../../components/PageHead";
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
  { title: "Date", cell: (row) => <Day value={datedOn(row)} />, wideOnly: true },
  { title: "Due", cell: (row) => <Day value={row.dueDate} />, wideOnly: true },
  { title: "Status", cell: (row) => <Status value={row.status} /> },
  { title: "Total", cell: (row) => <Money value={row.grossTotal} currency={row.currency} />, end: true },
];

const STATUSES = [
  { value: "DRAFT", label: "Draft" },
  { value: "FINAL", label: "Finalized" },
  { value: "SENT", label: "Sent" },
  { value: "VOIDED", label: "Voided" },
];

const FILTERS = [
  "search",
  "customerId",
  "invoiceStatus",
  "invoiceCurrency",
  "invoiceAfter",
  "invoiceBefore",
] as const;

export default function InvoicesScreen() {
  const { values, cursor, set, go, clear, active } = useFilters(FILTERS);
  const list = useQuery({
    ...invoiceList({ ...values, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  return (
    <Stack gap="md">
      <PageHead title="Invoices" />
      <section className="panel" aria-label="Invoices">
        <Filters active={active} onClear={clear}>
          <FilterText
            label="Number or customer"
            value={values.search}
            onChange={(text) => set("search", text)}
          />
          <CustomerSelect
            label="Customer"
            value={values.customerId || null}
            onChange={(value) => set("customerId", value)}
          />
          <Select
            label="Status"
            w={130}
            clearable
            placeholder="Any"
            data={STATUSES}
            value={values.invoiceStatus || null}
            onChange={(value) => set("invoiceStatus", value)}
          />
          <Select
            label="Currency"
            w={110}
            clearable
            searchable
            placeholder="Any"
            data={CURRENCIES}
            value={values.invoiceCurrency || null}
            onChange={(value) => set("invoiceCurrency", value)}
          />
          <FilterText
            label="Dated after"
            type="date"
            value={values.invoiceAfter}
            onChange={(day) => set("invoiceAfter", day)}
          />
          <FilterText
            label="Dated before"
            type="date"
            value={values.invoiceBefore}
            onChange={(day) => set("invoiceBefore", day)}
          />
        </Filters>
        <ListTable
          list={list}
          onGo={go}
          label="Invoices"
          columns={COLUMNS}
          rowKey={(row) => row.id}
          rowLink={(row) => `/billing/invoices/${row.id}`}
          sketch={10}
          empty={
            active ? (
              <Empty title="No invoice matches" />
            ) : (
              <Empty title="No invoices yet">
                Start a billing schedule; the billing run then drafts an invoice whenever something falls
                due. Drafts can be looked through and recalculated before they are finalized.
              </Empty>
            )
          }
        />
      </section>
    </Stack>
  );
}
