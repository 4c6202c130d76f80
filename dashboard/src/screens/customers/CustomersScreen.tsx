import { Button, SegmentedControl, Stack } from "@mantine/core";
import { Link } from "react-router";

import { PageHead } from "../../components/PageHead";
import { useParam } from "../../components/useFilters";
import { CustomersList } from "./CustomersList";
import { ExportButton } from "./ExportButton";
import { TreeExplorer } from "./tree/TreeExplorer";

export default function CustomersScreen() {
  const [view, setView] = useParam("view");
  const [, setNew] = useParam("new");
  return (
    <Stack gap="md">
      <PageHead
        title="Customers"
        actions={
          <>
            <SegmentedControl
              aria-label="View"
              size="xs"
              value={view ?? "list"}
              onChange={(value) => setView(value === "list" ? null : value)}
              data={[
                { value: "list", label: "List" },
                { value: "tree", label: "Tree" },
              ]}
            />
            <ExportButton />
            <Button variant="default" component={Link} to="/customers/import">
              Import…
            </Button>
            <Button variant="default" onClick={() => setNew("customer")}>
              New customer
            </Button>
          </>
        }
      />
      {view === "tree" ? <TreeExplorer /> : <CustomersList />}
    </Stack>
  );
}
