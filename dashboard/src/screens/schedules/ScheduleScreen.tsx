import { Anchor, Button, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";

import { customer } from "../../api/customers";
import { schedule } from "../../api/schedules";
import type { Schedule } from "../../api/types";
import { CustomerNames } from "../../components/CustomerNames";
import { Facts } from "../../components/Facts";
import { dayText, momentText, periodText, plural } from "../../components/format";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { useParam } from "../../components/useFilters";
import { BILL_TO } from "./billTo";
import { NextInvoicePanel } from "./NextInvoicePanel";
import { paymentText } from "./payment";
import { PaymentDrawer } from "./PaymentDrawer";
import { PhasePanel } from "./PhasePanel";
import { ScheduleActions } from "./ScheduleActions";
import { ScheduleInvoices } from "./ScheduleInvoices";
import { SimulationPanel } from "./SimulationPanel";

export default function ScheduleScreen() {
  const { id = "" } = useParams();
  const found = useQuery(schedule(id));
  const payer = useQuery(customer(found.data?.customerId ?? ""));
  const [paying, setPaying] = useParam("payment");
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
        actions={<ScheduleActions shown={shown} />}
      />
      <Panel
        title="Details"
        actions={
          <Button variant="default" size="compact-sm" onClick={() => setPaying("1")}>
            Payment settings
          </Button>
        }
      >
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
            ...stopped(shown),
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
            ["Payment", paymentText(shown)],
            ["PO number", shown.purchaseOrderNumber],
            ["Label", shown.label],
            ["Memo", shown.memo],
          ]}
        />
      </Panel>
      {shown.phases.map((phase, index) => (
        <PhasePanel key={phase.id} phase={phase} index={index} prices={shown.prices} />
      ))}
      <NextInvoicePanel id={id} />
      <ScheduleInvoices id={id} />
      <SimulationPanel id={id} startDate={shown.startDate} prices={shown.prices} />
      {paying && <PaymentDrawer shown={shown} onClose={() => setPaying(null)} />}
    </Stack>
  );
}

/** Since when it is suspended, and with which day it was cancelled. */
function stopped({ suspendedAt, cancelledAt, endDate }: Schedule): [string, ReactNode][] {
  return [
    ...(suspendedAt ? [["Suspended", `Since ${momentText(suspendedAt)}`] as [string, ReactNode]] : []),
    ...(cancelledAt && endDate
      ? [["Cancelled", `Ends with ${dayText(endDate)}`] as [string, ReactNode]]
      : []),
  ];
}

/** Who is left out of the roll-up, where anybody is. */
function leftOut({ rollUpExclusions: ids }: Schedule): [string, ReactNode][] {
  return ids ? [["Left out", <CustomerNames key="l" ids={ids} link />]] : [];
}
