import { Text } from "@mantine/core";

import type { BillingRunReport, LateBalance, MetricBalance } from "../../api/runs";
import { DataTable, type Column } from "../../components/DataTable";
import { decimalText, periodText, plural } from "../../components/format";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";

/** The metric, and the days whose events are counted. */
function Counted({ row }: { row: MetricBalance | LateBalance }) {
  return (
    <>
      {row.usageMetricName ?? row.usageMetricId}
      <Text size="xs" c="dimmed">
        {periodText(row.period.start, row.period.endInclusive)}
      </Text>
    </>
  );
}

const COLUMNS: Column<MetricBalance>[] = [
  { title: "Metric", cell: (row) => <Counted row={row} /> },
  { title: "Received", cell: (row) => decimalText(row.received), end: true },
  { title: "Billed", cell: (row) => decimalText(row.billed), end: true },
  { title: "Other", cell: (row) => decimalText(row.other), end: true },
  { title: "Unpriced", cell: (row) => decimalText(row.unpriced), end: true },
  { title: "Unmapped", cell: (row) => decimalText(row.unmapped), end: true },
  { title: "Balance", cell: (row) => <Status value={row.balanced ? "BALANCED" : "UNBALANCED"} /> },
];

const LATE: Column<LateBalance>[] = [
  { title: "Came late", cell: (row) => <Counted row={row} /> },
  { title: "Events", cell: (row) => decimalText(row.received), end: true },
  { title: "Adjusted", cell: (row) => decimalText(row.adjusted), end: true },
  { title: "Waiting", cell: (row) => decimalText(row.waiting), end: true },
  { title: "Turned off", cell: (row) => decimalText(row.turnedOff), end: true },
  { title: "Balance", cell: (row) => <Status value={row.balanced ? "BALANCED" : "UNBALANCED"} /> },
];

/** Where every event of a metric went: what was received is the sum of the columns beside it. */
export function ControlSheet({ sheet }: { sheet: BillingRunReport["controlSheet"] }) {
  const checked = `${plural(sheet.invoiceCount, "invoice")} with ${plural(sheet.lineCount, "line")}`;
  return (
    <Panel title="Control sheet" flush>
      {sheet.metrics.length > 0 && (
        <DataTable
          label="Control sheet"
          columns={COLUMNS}
          rows={sheet.metrics}
          rowKey={(row) => row.usageMetricId}
        />
      )}
      {sheet.late.length > 0 && (
        <DataTable label="Late usage" columns={LATE} rows={sheet.late} rowKey={(row) => row.usageMetricId} />
      )}
      <ul className="notes">
        {sheet.metrics.length > 0 && (
          <li>
            Events are counted. Other: of another schedule or another due day. Unpriced: no schedule reaches the
            customer then. Unmapped: the alias has no customer.
          </li>
        )}
        {sheet.late.length > 0 && (
          <li>
            Came late: events of periods that were invoiced for good before. Adjusted: on invoices of this run.
            Waiting: for the next invoice of their schedule. Turned off: their schedule does not bill them.
          </li>
        )}
        <li>
          Added up besides: members, shares, lines, groups and totals of {checked}.
          {sheet.metrics.length === 0 && " No usage was billed."}
        </li>
      </ul>
    </Panel>
  );
}
