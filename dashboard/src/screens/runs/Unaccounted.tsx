import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import type { MetricBalance } from "../../api/runs";
import { DataTable, type Column } from "../../components/DataTable";
import { decimalText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { unmapped, unpriced, type Lost } from "./unaccounted";

const EVENTS: Column<Lost> = {
  title: "Events",
  cell: ({ counts }) =>
    counts.map(({ metric, events }) => <div key={metric}>{`${metric}: ${decimalText(events)}`}</div>),
};

const CUSTOMERS: Column<Lost>[] = [
  {
    title: "Customer",
    cell: ({ id, name }) => (
      <Anchor component={Link} to={`/customers/${id}`} size="sm">
        {name}
      </Anchor>
    ),
  },
  EVENTS,
];

const ALIASES: Column<Lost>[] = [
  {
    title: "Alias",
    cell: ({ id, name }) => (
      <Anchor component={Link} to={`/usage/events?customerAlias=${encodeURIComponent(id)}`} size="sm">
        {name}
      </Anchor>
    ),
  },
  EVENTS,
];

/** Whose events no invoice bills; nothing where there are none. */
export function Unaccounted({ metrics }: { metrics: MetricBalance[] }) {
  const customers = unpriced(metrics);
  const aliases = unmapped(metrics);
  return (
    <>
      {customers.length > 0 && (
        <Panel title="Customers that no schedule reaches" flush>
          <DataTable label="Unpriced" columns={CUSTOMERS} rows={customers} rowKey={(row) => row.id} />
        </Panel>
      )}
      {aliases.length > 0 && (
        <Panel title="Aliases without a customer" flush>
          <DataTable label="Unmapped" columns={ALIASES} rows={aliases} rowKey={(row) => row.id} />
        </Panel>
      )}
    </>
  );
}
