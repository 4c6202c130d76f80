import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";

import type { ImportReport, Refused } from "../../../api/imports";
import { DataTable, type Column } from "../../../components/DataTable";
import { Missing } from "../../../components/Figures";
import { decimalText } from "../../../components/format";
import { Panel } from "../../../components/Panel";
import { columnNames, type Mapping } from "./columns";
import { csvLine } from "../../../components/csv";
import type { Inspected, Row } from "./file";

const MORE = 50;

type Known = { file: File; inspected: Inspected; mapping: Mapping };
type Props = { report: ImportReport; rows: Row[]; known: Known };

/** Every refusal with the row it is about, as it stands in the file. */
export function Refusals({ report, rows, known }: Props) {
  const [count, setCount] = useState(MORE);
  const told = placed(report.refused, rows, known);
  const shown = told.slice(0, count);
  return (
    <Panel
      title="Refusals"
      flush
      actions={
        <Button size="xs" variant="default" onClick={() => download(told, known)}>
          Download as CSV
        </Button>
      }
    >
      <DataTable label="Refusals" columns={COLUMNS} rows={shown} rowKey={({ key }) => key} />
      <Group px={{ base: "sm", sm: "md" }} py={8} justify="space-between" style={{ borderTop: "1px solid var(--app-line)" }}>
        <Text size="xs" c="dimmed">
          {decimalText(shown.length)} of {decimalText(report.refusedCount)} shown
          {report.refusedCount > told.length && `; the server tells the first ${decimalText(told.length)}`}
        </Text>
        {shown.length < told.length && (
          <Button variant="default" size="compact-sm" onClick={() => setCount(count + MORE)}>
            Show more
          </Button>
        )}
      </Group>
    </Panel>
  );
}

/** A refusal with the column and the value as the file has them. */
type Placed = Refused & { key: string; named?: string; value?: string; cells: string[] };

function placed(refused: Refused[], rows: Row[], { inspected, mapping }: Known): Placed[] {
  const names = columnNames(inspected.header);
  const cells = new Map(rows.map((row) => [row.number, row.cells]));
  return refused.map((one, index) => {
    const place = mapping[one.column];
    const own = cells.get(one.row) ?? [];
    return {
      ...one,
      key: String(index),
      named: place === undefined ? one.column || undefined : names[place],
      value: place === undefined ? undefined : own[place],
      cells: own,
    };
  });
}

const COLUMNS: Column<Placed>[] = [
  { title: "Row", cell: ({ row }) => decimalText(row), end: true },
  { title: "Column", cell: ({ named }) => named ?? <Missing>whole row</Missing> },
  { title: "Value", cell: ({ value }) => value || <Missing>empty</Missing>, wideOnly: true },
  {
    title: "Why",
    cell: ({ message, cells }) => (
      <>
        {message}
        <code className="line-note file-row">{cells.join(" | ").replace(/[ |]+$/, "")}</code>
      </>
    ),
  },
];

/** The refusals as a file, each with its whole row, to be mended there. */
function download(told: Placed[], { file, inspected }: Known) {
  const names = columnNames(inspected.header);
  const lines = [
    csvLine(["Row", "Column", "Reason", ...names]),
    ...told.map(({ row, named, message, cells }) => csvLine([String(row), named ?? "", message, ...cells])),
  ];
  const address = URL.createObjectURL(new Blob(["\ufeff", ...lines], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${file.name.replace(/\.[^.]*$/, "")}-refused.csv`;
  link.click();
  URL.revokeObjectURL(address);
}
