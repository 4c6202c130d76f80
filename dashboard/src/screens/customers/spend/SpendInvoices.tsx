import type { SpendInvoice } from "../../../api/types";
import { DataTable, type Column } from "../../../components/DataTable";
import { Missing, Money } from "../../../components/Figures";
import { periodText, plural } from "../../../components/format";
import { Status } from "../../../components/Status";

/** The invoices that a spend is made of, each with what of it is the branch's. */
export function SpendInvoices({ invoices, currency }: { invoices: SpendInvoice[]; currency: string }) {
  const columns: Column<SpendInvoice>[] = [
    { title: "Number", cell: ({ invoiceNumber }) => invoiceNumber ?? "Draft", whole: true },
    { title: "Paid by", cell: ({ payerName }) => payerName },
    {
      title: "Period",
      cell: ({ billingPeriod: period }) =>
        period ? periodText(period.start, period.endInclusive) : <Missing />,
      wideOnly: true,
    },
    { title: "Status", cell: ({ status }) => <Status value={status} />, wideOnly: true },
    {
      title: "Of it",
      cell: ({ netTotal }) => <Money value={netTotal} currency={currency} />,
      end: true,
    },
  ];
  return (
    <details className="more">
      <summary>From {plural(invoices.length, "invoice")}</summary>
      <DataTable
        label="Invoices of the spend"
        columns={columns}
        rows={invoices}
        rowKey={({ invoiceId }) => invoiceId}
        rowLink={({ invoiceId }) => `/billing/invoices/${invoiceId}`}
      />
    </details>
  );
}
