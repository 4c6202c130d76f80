import { Anchor, Button, Skeleton, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link, useParams } from "react-router";

import { customer } from "../../api/customers";
import { invoiceList } from "../../api/invoices";
import { archiveSchedule, schedule, startSchedule } from "../../api/schedules";
import type { Invoice, Phase, Price, Schedule } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import { CustomerNames } from "../../components/CustomerNames";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Facts } from "../../components/Facts";
import { Day, Money } from "../../components/Figures";
import { dayText, moneyText, periodText, plural, words } from "../../components/format";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { Pager } from "../../components/Pager";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { Status } from "../../components/Status";
import { percentText } from "../../components/taxText";
import { PriceDetail } from "../products/PriceDetail";
import { cadenceText, modelName, rateText } from "../products/priceText";
import { BILL_TO } from "./billTo";
import { DuplicateButton } from "./DuplicateButton";

export default function ScheduleScreen() {
  const { id = "" } = useParams();
  const found = useQuery(schedule(id));
  const payer = useQuery(customer(found.data?.customerId ?? ""));
  if (found.error) {
    const crumbs = [{ title: "Billing schedules", to: "/billing/schedules" }];
    return <PageProblem error={found.error} crumbs={crumbs} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Skeleton height={240} aria-label="Loading the billing schedule" />;
  const shown = found.data;
  const name = payer.data?.legalName;
  return (
    <Stack gap="md">
      <PageHead
        title={name ? `Schedule of ${name}` : "Billing schedule"}
        crumbs={[{ title: "Billing schedules", to: "/billing/schedules" }]}
        status={<Status value={shown.archivedAt ? "ARCHIVED" : shown.status} />}
        actions={<Actions shown={shown} />}
      />
      <Panel title="Details">
        <Facts
          items={[
            [
              "Customer",
              name && (
                <Anchor key="c" component={Link} to={`/customers/${shown.customerId}`} size="sm">
                  {name}
                </Anchor>
              ),
            ],
            ["Period", periodText(shown.startDate, shown.endDate)],
            ["Billing day", shown.recurrenceDayOfMonth ?? Number(shown.startDate.slice(8))],
            ["Roll-up billing", shown.rollUpBilling ? "On" : "Off"],
            ...leftOut(shown),
            ["Bill to", BILL_TO[shown.billTo]],
            ["Invoices", shown.autoIssueInvoices ? "Issued automatically" : "Wait as drafts"],
            ["Late usage", shown.adjustLateUsage ? "On the next invoice" : "Not billed"],
            [
              "Due after",
              shown.defaultDueDateDays === undefined ? "As in the settings" : plural(shown.defaultDueDateDays, "day"),
            ],
            ...(shown.paymentProvider
              ? ([["Payment provider", words(shown.paymentProvider)]] as [string, string][])
              : []),
            ["PO number", shown.purchaseOrderNumber],
            ["Label", shown.label],
            ["Memo", shown.memo],
          ]}
        />
      </Panel>
      {shown.phases.map((phase, index) => (
        <PhasePanel key={phase.id} phase={phase} index={index} prices={shown.prices} />
      ))}
      <ScheduleInvoices id={id} />
    </Stack>
  );
}

/** Who is left out of the roll-up, where anybody is. */
function leftOut({ rollUpExclusions: ids }: Schedule): [string, ReactNode][] {
  return ids ? [["Left out", <CustomerNames key="l" ids={ids} link />]] : [];
}

function Actions({ shown }: { shown: Schedule }) {
  return (
    <>
      {!shown.archivedAt && (
        <ConfirmButton
          label="Archive"
          title="Archive this billing schedule?"
          doneText="Billing schedule archived."
          act={(key) => archiveSchedule(shown.id, key)}
        >
          Nothing more is billed by it from now on. Invoices it has made stay.
        </ConfirmButton>
      )}
      <DuplicateButton id={shown.id} />
      {shown.status === "DRAFT" && !shown.archivedAt && (
        <>
          <Button variant="default" component={Link} to={`/billing/schedules/${shown.id}/edit`}>
            Edit
          </Button>
          <ConfirmButton
            label="Start"
            title="Start this billing schedule?"
            doneText="Billing schedule started."
            act={() => startSchedule(shown.id)}
            button={{ variant: "filled" }}
          >
            Invoices are then drafted for everything that falls due from {dayText(shown.startDate)} on.
          </ConfirmButton>
        </>
      )}
    </>
  );
}

const PRICE_COLUMNS: Column<Price>[] = [
  { title: "Name", cell: (row) => <PriceDetail price={row} /> },
  { title: "Model", cell: modelName },
  { title: "Billed", cell: cadenceText, wideOnly: true },
  { title: "Rate", cell: rateText, end: true },
  { title: "Currency", cell: (row) => row.currency },
];

type PhaseProps = { phase: Phase; index: number; prices: Price[] };

function PhasePanel({ phase, index, prices }: PhaseProps) {
  const title = `${phase.name ?? `Phase ${index + 1}`}, ${daysText(phase)}`;
  return (
    <Panel title={title} flush>
      <DataTable
        label={`Prices of ${title}`}
        columns={PRICE_COLUMNS}
        rows={prices.filter(({ id }) => phase.priceIds.includes(id))}
        rowKey={(row) => row.id}
        empty={<Empty title="No prices in this phase" />}
      />
      {phase.discounts.length + phase.minimums.length > 0 && (
        <div className="panel-body">
          <Facts items={settled(phase, prices)} />
        </div>
      )}
    </Panel>
  );
}

/** When a phase is, or what it waits for. */
function daysText({ startDate, endDate, milestone }: Phase): string {
  if (!startDate) return "once the milestone before it is reached";
  if (!milestone) return periodText(startDate, endDate);
  return endDate
    ? `${periodText(startDate, endDate)} (${milestone})`
    : `from ${dayText(startDate)} until ${milestone}`;
}

/** The discounts and minimums of a phase, each with the prices that it is restricted to. */
function settled({ discounts, minimums }: Phase, prices: Price[]): [string, ReactNode][] {
  const currency = prices[0]?.currency ?? "";
  const of = (ids: string[] = []) =>
    ids.length ? ` of ${prices.filter(({ id }) => ids.includes(id)).map(({ name }) => name).join(", ")}` : "";
  return [
    ...discounts.map(({ type, amount, message, restrictToPrices }): [string, ReactNode] => [
      message || "Discount",
      (type === "NOMINAL" ? moneyText(String(amount), currency) : percentText(String(amount))) + of(restrictToPrices),
    ]),
    ...minimums.map(({ amount, restrictToPrices }): [string, ReactNode] => [
      "Minimum",
      moneyText(String(amount), currency) + of(restrictToPrices),
    ]),
  ];
}

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

function ScheduleInvoices({ id }: { id: string }) {
  const [cursor, setCursor] = useState<{ after?: string; before?: string }>({});
  const list = useQuery({
    ...invoiceList({ billingScheduleId: id, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  return (
    <Panel title="Invoices" flush>
      {list.error ? (
        <div className="panel-body">
          <ProblemAlert error={list.error} />
        </div>
      ) : (
        <DataTable
          label="Invoices"
          columns={INVOICE_COLUMNS}
          rows={list.data?.items}
          rowKey={(row) => row.id}
          rowLink={(row) => `/billing/invoices/${row.id}`}
          sketch={2}
          empty={
            <Empty title="No invoices yet">
              They are drafted by the billing run once the schedule is started and something is due.
            </Empty>
          }
        />
      )}
      <Pager page={list.data} onGo={setCursor} />
    </Panel>
  );
}
