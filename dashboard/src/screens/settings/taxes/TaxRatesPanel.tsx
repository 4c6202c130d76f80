import { Button, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { archiveTaxRate, taxCategories, taxRates } from "../../../api/taxes";
import type { TaxRate } from "../../../api/types";
import { ConfirmButton } from "../../../components/ConfirmButton";
import { DataTable, type Column } from "../../../components/DataTable";
import { Empty } from "../../../components/Empty";
import { Missing } from "../../../components/Figures";
import { Panel } from "../../../components/Panel";
import { ProblemAlert } from "../../../components/Problem";
import { Status } from "../../../components/Status";
import { percentText, placeText } from "../../../components/taxText";
import { useParam } from "../../../components/useFilters";
import { TaxRateDrawer } from "./TaxRateDrawer";

/** The rates by category and place. */
export function TaxRatesPanel() {
  const rates = useQuery(taxRates);
  const categories = useQuery(taxCategories);
  const [edited, setEdited] = useParam("rate");
  const [archived, setArchived] = useState(false);
  const names = new Map((categories.data ?? []).map(({ id, name }) => [id, name]));
  const hidden = (rates.data ?? []).some(({ isArchived }) => isArchived);
  const rows = rates.data?.filter(({ isArchived }) => archived || !isArchived);
  const columns: Column<TaxRate>[] = [
    { title: "Name", cell: (row) => row.name },
    { title: "Rate", end: true, whole: true, cell: (row) => percentText(row.amount) },
    { title: "Where", cell: placeText },
    {
      title: "For",
      cell: ({ taxCategoryId: id }) => (id ? (names.get(id) ?? "A category") : "All products"),
      wideOnly: true,
    },
    { title: "On invoices", cell: (row) => row.invoiceName, wideOnly: true },
    { title: "State", cell: (row) => <Status value={stateOf(row)} />, wideOnly: true },
    {
      title: "Actions",
      end: true,
      whole: true,
      cell: (row) => (row.isArchived ? <Missing /> : <Actions row={row} onEdit={() => setEdited(row.id)} />),
    },
  ];
  const add = <Button onClick={() => setEdited("new")}>New tax rate</Button>;
  const found = rates.data?.find(({ id }) => id === edited);
  return (
    <Panel title="Tax rates" actions={rates.data?.length ? add : undefined} flush>
      {rates.error ? (
        <div className="panel-body">
          <ProblemAlert error={rates.error} onRetry={() => void rates.refetch()} />
        </div>
      ) : (
        <DataTable
          label="Tax rates"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.id}
          sketch={3}
          empty={
            <Empty title="No tax rates yet" action={add}>
              A rate is for a country, or a state of it. Without any, nothing is taxed.
            </Empty>
          }
        />
      )}
      {hidden && (
        <div className="panel-body">
          <Switch
            label="Show archived rates"
            checked={archived}
            onChange={(event) => setArchived(event.currentTarget.checked)}
          />
        </div>
      )}
      {(edited === "new" || found) && (
        <TaxRateDrawer
          key={edited}
          rate={found}
          categories={categories.data ?? []}
          onClose={() => setEdited(null)}
        />
      )}
    </Panel>
  );
}

const stateOf = ({ isArchived, isPublished }: TaxRate) =>
  isArchived ? "ARCHIVED" : isPublished ? "ACTIVE" : "DRAFT";

function Actions({ row, onEdit }: { row: TaxRate; onEdit: () => void }) {
  return (
    <>
      <Button variant="subtle" size="compact-sm" onClick={onEdit} aria-label={`Edit ${row.name}`}>
        Edit
      </Button>
      <ConfirmButton
        label="Archive"
        title={`Archive ${row.name}?`}
        doneText={`${row.name} archived.`}
        act={(key) => archiveTaxRate(row.id, key)}
        button={{ variant: "subtle", size: "compact-sm" }}
      >
        It is applied to nothing more. Final invoices keep it; a schedule that names it for a price has no
        rate for that price until another is chosen.
      </ConfirmButton>
    </>
  );
}
