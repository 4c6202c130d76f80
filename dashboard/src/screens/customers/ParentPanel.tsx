import { Anchor, Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { parentHistory } from "../../api/families";
import type { Customer, ParentLink } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Missing, Moment } from "../../components/Figures";
import { today } from "../../components/format";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { MoveDrawer } from "./MoveDrawer";

const since = (instant: string) =>
  instant.startsWith("1970-01-01") ? "Always" : <Moment value={instant} />;

const COLUMNS: Column<ParentLink>[] = [
  {
    title: "Parent",
    cell: (row) =>
      row.parentId ? (
        <Anchor component={Link} to={`/customers/${row.parentId}`} size="sm">
          {row.parentName ?? row.parentId}
        </Anchor>
      ) : (
        "None (top)"
      ),
  },
  { title: "From", cell: (row) => since(row.effectiveFrom) },
  { title: "Until", cell: (row) => (row.effectiveTo ? <Moment value={row.effectiveTo} /> : "Open-ended") },
  { title: "Recorded", cell: (row) => <Moment value={row.recordedAt} />, wideOnly: true },
  { title: "Reason", cell: (row) => row.reason ?? <Missing />, wideOnly: true },
  {
    title: "In force",
    cell: (row) => (row.supersededAt ? "Replaced" : "Yes"),
    wideOnly: true,
  },
];

/** Whose child the customer was, is and will be. */
export function ParentPanel({ customer }: { customer: Customer }) {
  const { data, error } = useQuery(parentHistory(customer.id));
  const [opened, drawer] = useDisclosure(false);
  return (
    <Panel
      title="Parent history"
      flush
      actions={
        <>
          <Button
            size="compact-sm"
            variant="subtle"
            component={Link}
            to={`/customers?view=tree&chosen=${customer.id}`}
          >
            Show in the tree
          </Button>
          <Button size="compact-sm" variant="default" onClick={drawer.open}>
            Move…
          </Button>
        </>
      }
    >
      {error ? (
        <div className="panel-body">
          <ProblemAlert error={error} />
        </div>
      ) : (
        <DataTable
          label="Parent history"
          columns={COLUMNS}
          rows={data?.items}
          rowKey={(row) => row.id ?? `${row.effectiveFrom}${row.recordedAt}`}
          sketch={1}
          empty={<Empty title="Never had a parent">This customer has always been at the top.</Empty>}
        />
      )}
      {opened && (
        <MoveDrawer
          customer={{ id: customer.id, name: customer.legalName }}
          parentId={customer.parentId ?? null}
          day={today()}
          onClose={drawer.close}
        />
      )}
    </Panel>
  );
}
