import { Button, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";

import { usageTable } from "../../api/shares";
import type { Method } from "../../api/types";

/** The full table, every customer and line with its share, as a file. */
export function TableDownload({ invoiceId, method }: { invoiceId: string; method: Method }) {
  return (
    <Menu position="bottom-end" shadow="md" width={260}>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<IconDownload size={14} aria-hidden />}>
          Full table
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Every customer and line, with shares</Menu.Label>
        <Menu.Item component="a" href={usageTable(invoiceId, "csv", method)} download>
          CSV, for a spreadsheet
        </Menu.Item>
        <Menu.Item component="a" href={usageTable(invoiceId, "parquet", method)} download>
          Parquet, for analysis
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
