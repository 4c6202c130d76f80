import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import { statementPath } from "../../../api/shares";
import type { SpendInvoice } from "../../../api/types";
import { DataTable, type Column } from "../../../components/DataTable";
import { Missing, Money } from "../../../components/Figures";
import { periodText, plural } from "../../../components/format";
import { Status } from "../../../components/Status";

type Props = {
  invoices: SpendInvoice[];
  /** Whose branch it is. */
  customerId: string;
  currency: string;
};

/** The invoices that a spend is made of, each with what of it is the branch's. */
export function SpendInvoices({ invoices, customerId, currency }: Props) {
  const columns: Column<SpendInvoice>[] = [
    {
      title: "Number",
      cell: ({ invoiceId, invoiceNumber }) => (
        <Anchor component={Link} to={`/billing/invoices/${invoiceId}`} size="sm">
          {invoiceNumber ?? "Draft"}
        </Anchor>
      ),
      whole: true,
    },
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
    {
      title: "Statement",
      cell: ({ invoiceId, status }) =>
        status === "DRAFT" ? (
          <Missing />
        ) : (
          <Anchor component={Link} to={statementPath(customerId, invoiceId, true)} size="sm">
            Show
          </Anchor>
        ),
      wideOnly: true,
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
      />
    </details>
  );
}
