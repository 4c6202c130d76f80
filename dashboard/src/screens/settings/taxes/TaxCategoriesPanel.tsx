import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { deleteTaxCategory, taxCategories } from "../../../api/taxes";
import type { TaxCategory } from "../../../api/types";
import { ConfirmButton } from "../../../components/ConfirmButton";
import { DataTable, type Column } from "../../../components/DataTable";
import { Empty } from "../../../components/Empty";
import { Missing } from "../../../components/Figures";
import { Panel } from "../../../components/Panel";
import { ProblemAlert } from "../../../components/Problem";
import { useParam } from "../../../components/useFilters";
import { TaxCategoryDrawer } from "./TaxCategoryDrawer";

/** What products are taxed alike. */
export function TaxCategoriesPanel() {
  const list = useQuery(taxCategories);
  const [edited, setEdited] = useParam("category");
  const columns: Column<TaxCategory>[] = [
    { title: "Name", cell: (row) => row.name },
    { title: "Description", cell: (row) => row.description || <Missing /> },
    {
      title: "Actions",
      end: true,
      whole: true,
      cell: (row) => (
        <>
          <Button
            variant="subtle"
            size="compact-sm"
            aria-label={`Edit ${row.name}`}
            onClick={() => setEdited(row.id)}
          >
            Edit
          </Button>
          <ConfirmButton
            label="Delete"
            title={`Delete ${row.name}?`}
            doneText={`${row.name} deleted.`}
            act={() => deleteTaxCategory(row.id)}
            button={{ variant: "subtle", size: "compact-sm" }}
            danger
          >
            Only a category that no product and no tax rate has can be deleted.
          </ConfirmButton>
        </>
      ),
    },
  ];
  const add = (
    <Button variant="default" onClick={() => setEdited("new")}>
      New tax category
    </Button>
  );
  const found = list.data?.find(({ id }) => id === edited);
  return (
    <Panel title="Tax categories" actions={list.data?.length ? add : undefined} flush>
      {list.error ? (
        <div className="panel-body">
          <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />
        </div>
      ) : (
        <DataTable
          label="Tax categories"
          columns={columns}
          rows={list.data}
          rowKey={(row) => row.id}
          sketch={2}
          empty={
            <Empty title="No tax categories yet" action={add}>
              Products of a category are taxed alike, at the category&apos;s rate where the customer is.
            </Empty>
          }
        />
      )}
      {(edited === "new" || found) && (
        <TaxCategoryDrawer key={edited} category={found} onClose={() => setEdited(null)} />
      )}
    </Panel>
  );
}
