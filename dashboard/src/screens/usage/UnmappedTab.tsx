import { Anchor, Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import type { UnmappedAlias } from "../../api/types";
import { unmappedAliases } from "../../api/usage";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { MomentUtc } from "../../components/Figures";
import { ListTable } from "../../components/ListTable";
import { decimalText } from "../../components/format";
import { useFilters } from "../../components/useFilters";
import { MapDrawer } from "./MapDrawer";

/** Usage that nobody is billed for, because nobody has its name. */
export function UnmappedTab() {
  const { cursor, go } = useFilters([]);
  const [mapping, setMapping] = useState<string | null>(null);
  const list = useQuery({
    ...unmappedAliases({ ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const columns: Column<UnmappedAlias>[] = [
    {
      title: "Alias",
      cell: ({ customerAlias }) => (
        <Anchor
          component={Link}
          to={`/usage/events?customerAlias=${encodeURIComponent(customerAlias)}`}
          size="sm"
        >
          {customerAlias}
        </Anchor>
      ),
    },
    { title: "Events", cell: (row) => decimalText(row.eventCount), end: true },
    {
      title: "First (UTC)",
      cell: (row) => <MomentUtc value={row.firstEventAt} />,
      whole: true,
      wideOnly: true,
    },
    { title: "Last (UTC)", cell: (row) => <MomentUtc value={row.lastEventAt} /> },
    {
      title: "Actions",
      cell: (row) => (
        <Button variant="default" size="compact-xs" onClick={() => setMapping(row.customerAlias)}>
          Give to a customer
        </Button>
      ),
      end: true,
    },
  ];
  return (
    <section className="panel" aria-label="Unmapped aliases">
      <ListTable
        list={list}
        onGo={go}
        label="Unmapped aliases"
        columns={columns}
        rowKey={(row) => row.customerAlias}
        empty={
          <Empty title="Every event has its customer">
            Aliases that belong to nobody are listed here. Their events count once the alias is given
            to a customer.
          </Empty>
        }
      />
      {mapping !== null && <MapDrawer alias={mapping} onClose={() => setMapping(null)} />}
    </section>
  );
}
