import { Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { statementList, statementPath } from "../../api/shares";
import type { StatementHead } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Money } from "../../components/Figures";
import { plural } from "../../components/format";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { useParam } from "../../components/useFilters";

const COLUMNS: Column<StatementHead>[] = [
  { title: "Invoice", cell: (row) => row.invoiceNumber, whole: true },
  { title: "Date", cell: (row) => <Day value={row.accountingDate} /> },
  { title: "Invoiced to", cell: (row) => row.payerName, wideOnly: true },
  { title: "Share", cell: (row) => <Money value={row.grossTotal} currency={row.currency} />, end: true },
];

/** The customer's share of the issued invoices of its family, alone or with everyone below it. */
export function StatementsPanel({ customerId }: { customerId: string }) {
  const [alone, setAlone] = useParam("statements");
  const branch = alone === null;
  const { data, error, refetch } = useQuery(statementList(customerId, branch));
  const total = data?.pagination?.totalResultSize ?? 0;
  return (
    <Panel
      title="Statements"
      flush
      actions={
        <Switch
          label="Include children"
          checked={branch}
          onChange={(event) => setAlone(event.currentTarget.checked ? null : "alone")}
        />
      }
    >
      {error ? (
        <div className="panel-body">
          <ProblemAlert error={error} onRetry={() => void refetch()} />
        </div>
      ) : (
        <DataTable
          label="Statements"
          columns={COLUMNS}
          rows={data?.items}
          rowKey={(row) => row.invoiceId}
          rowLink={(row) => statementPath(customerId, row.invoiceId, branch)}
          sketch={2}
          empty={
            <Empty title="No statements">
              A statement tells a customer its share of an issued invoice: its own, or one that its family shares.
            </Empty>
          }
        />
      )}
      {data && total > data.items.length && (
        <Text size="xs" c="dimmed" px={{ base: "sm", sm: "md" }} py={8}>
          The newest {data.items.length} of {plural(total, "statement")}.
        </Text>
      )}
    </Panel>
  );
}
