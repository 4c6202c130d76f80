import { Alert, Anchor, Button, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";

import { invoice, pdfAddress, pdfVersion } from "../../api/invoices";
import { paymentInForce } from "../../api/taxes";
import type { Invoice, PaymentInForce } from "../../api/types";
import { addressText } from "../../components/AddressFields";
import { Facts } from "../../components/Facts";
import { Day, Moment, Money } from "../../components/Figures";
import { periodText, plural, words } from "../../components/format";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { Panel } from "../../components/Panel";
import { PdfView } from "../../components/PdfView";
import { Status } from "../../components/Status";
import { useParam } from "../../components/useFilters";
import { InvoiceActions } from "./InvoiceActions";
import { InvoiceLines } from "./InvoiceLines";
import { UsageBreakdown } from "./UsageBreakdown";

export default function InvoiceScreen() {
  const { id = "" } = useParams();
  const found = useQuery(invoice(id));
  const paid = useQuery(paymentInForce(id));
  const [pdf, setPdf] = useParam("pdf");
  if (found.error) {
    const crumbs = [{ title: "Invoices", to: "/billing/invoices" }];
    return <PageProblem error={found.error} crumbs={crumbs} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Skeleton height={320} aria-label="Loading the invoice" />;
  const shown = found.data;
  return (
    <Stack gap="md">
      <PageHead
        title={shown.invoiceNumber ? `Invoice ${shown.invoiceNumber}` : "Draft invoice"}
        crumbs={[{ title: "Invoices", to: "/billing/invoices" }]}
        status={<Status value={shown.status} />}
        actions={
          <>
            <Button
              variant="default"
              aria-pressed={pdf !== null}
              onClick={() => setPdf(pdf ? null : "1")}
            >
              {pdf ? "Hide PDF" : "Show PDF"}
            </Button>
            <InvoiceActions invoice={shown} />
          </>
        }
      />
      <div className="invoice-columns" data-pdf={pdf ? true : undefined}>
        <Stack gap="md" miw={0}>
          <WithoutRate invoice={shown} />
          <Panel title="Details">
            <Facts items={[...facts(shown), payment(paid.data)]} />
          </Panel>
          <InvoiceLines invoice={shown} />
          <UsageBreakdown invoice={shown} />
        </Stack>
        {pdf && (
          <PdfView address={pdfAddress(shown)} version={pdfVersion(shown)} title="Invoice PDF" />
        )}
      </div>
    </Stack>
  );
}

type Fact = [string, React.ReactNode];

/** What has no tax rate is not taxed: better said before the invoice is final. */
function WithoutRate({ invoice: { linesWithoutTaxRate: count, status } }: { invoice: Invoice }) {
  if (!count) return null;
  return (
    <Alert
      color="orange"
      variant="outline"
      className="problem"
      role="status"
      title={`${plural(count, "line has", "lines have")} no tax rate`}
    >
      {status === "DRAFT" ? (
        <>
          Nothing fits, or several do. Add the rate in the{" "}
          <Anchor component={Link} to="/settings/taxes" size="sm">
            tax settings
          </Anchor>{" "}
          or name it on the schedule, then recalculate. It can be finalized without.
        </>
      ) : (
        "It was finalized without tax on them."
      )}
    </Alert>
  );
}

const SET_BY = {
  INVOICE: "set for the invoice",
  BILLING_SCHEDULE: "set for the schedule",
  CUSTOMER: "set for the customer",
};

/** By whom it is to be paid, and what says so. */
function payment(found?: PaymentInForce): Fact {
  if (!found || found.setBy === "NOBODY") return ["Payment provider", found && "None"];
  const name = found.paymentProvider === "NONE" ? "None" : words(found.paymentProvider);
  return ["Payment provider", `${name}, ${SET_BY[found.setBy]}`];
}

function facts(shown: Invoice): Fact[] {
  const { billingPeriod: period } = shown;
  return [
    [
      "Customer",
      <Anchor key="customer" component={Link} to={`/customers/${shown.customerId}`} size="sm">
        {shown.customerLegalCompanyName}
      </Anchor>,
    ],
    ["Total", <Money key="total" value={shown.grossTotal} currency={shown.currency} />],
    ["Billing address", addressText(shown.customerBillingAddress)],
    ["E-mail", shown.customerEmails.join(", ")],
    ...(shown.customerTaxId ? [["Tax id", shown.customerTaxId] as Fact] : []),
    ...(shown.taxNote ? [["Tax", shown.taxNote] as Fact] : []),
    ["Period", period && periodText(period.start, period.endInclusive)],
    ["Accounting date", <Day key="accounting" value={shown.accountingDate} />],
    ["Issued", <Day key="issued" value={shown.issueDate} />],
    ["Due", <Day key="due" value={shown.dueDate} />],
    ...(shown.purchaseOrderNumber ? [["PO number", shown.purchaseOrderNumber] as Fact] : []),
    [
      "Billing schedule",
      shown.billingScheduleId && (
        <Anchor
          key="schedule"
          component={Link}
          to={`/billing/schedules/${shown.billingScheduleId}`}
          size="sm"
        >
          Open schedule
        </Anchor>
      ),
    ],
    [
      "Billing run",
      shown.billingRunId && (
        <Anchor key="run" component={Link} to={`/billing/runs/${shown.billingRunId}`} size="sm">
          Open billing run
        </Anchor>
      ),
    ],
    ["Calculated", shown.calculatedAt && <Moment key="calculated" value={shown.calculatedAt} />],
    ...(shown.memo ? [["Memo", shown.memo] as Fact] : []),
  ];
}
