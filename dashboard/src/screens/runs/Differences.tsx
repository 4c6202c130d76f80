import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import type { BillingRunReport, RunDifference } from "../../api/runs";
import { DataTable, type Column } from "../../components/DataTable";
import { Missing } from "../../components/Figures";
import { decimalText, words } from "../../components/format";
import { Panel } from "../../components/Panel";

const COLUMNS: Column<RunDifference>[] = [
  {
    title: "Customer",
    cell: (row) =>
      row.customerId ? (
        <Anchor component={Link} to={`/customers/${row.customerId}`} size="sm">
          {row.customerLegalCompanyName ?? row.customerId}
        </Anchor>
      ) : (
        <Missing />
      ),
  },
  {
    title: "Where",
    cell: (row) =>
      row.invoiceId ? (
        <Anchor component={Link} to={`/billing/invoices/${row.invoiceId}`} size="sm">
          {words(row.part)}
        </Anchor>
      ) : (
        words(row.part)
      ),
    whole: true,
  },
  { title: "Figure", cell: (row) => row.figure },
  { title: "It is", cell: (row) => <strong className="wrong">{decimalText(row.found)}</strong>, end: true },
  { title: "Its parts come to", cell: (row) => decimalText(row.expected), end: true },
];

/** What does not add up; nothing where all does. */
export function Differences({ run }: { run: BillingRunReport }) {
  const { differences, differenceCount } = run;
  if (differences.length === 0) return null;
  const more = differenceCount - differences.length;
  return (
    <Panel title="Differences" flush>
      <DataTable
        label="Differences"
        columns={COLUMNS}
        rows={differences}
        rowKey={(row) => `${row.partId}${row.figure}`}
      />
      {more > 0 && (
        <ul className="notes">
          <li>And {decimalText(more)} more.</li>
        </ul>
      )}
    </Panel>
  );
}
