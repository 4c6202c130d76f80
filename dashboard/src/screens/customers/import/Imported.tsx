import { Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "react-router";

import type { ImportReport } from "../../../api/imports";
import { Panel } from "../../../components/Panel";
import { Counts } from "./Counts";
import { useImport } from "./state";

/** It is done. */
export function Imported({ report }: { report: ImportReport }) {
  const [, keep] = useImport();
  return (
    <Panel title="Imported">
      <Stack gap="md">
        <Counts report={report} done />
        <Text size="sm">
          Draft invoices of the families that changed have been recalculated. The same file again changes
          nothing.
        </Text>
        <Group gap="sm">
          <Button component={Link} to="/customers?view=tree">
            See the tree
          </Button>
          <Button component={Link} to="/customers?sort=createdAt" variant="default">
            Newest customers
          </Button>
          <Button component={Link} to="/customers/import" variant="default" onClick={() => keep({})}>
            Import another file
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
