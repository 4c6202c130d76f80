import { Button, Popover, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { exportAddress } from "../../api/imports";

/** Every customer with its parent, as a file that can be imported again. */
export function ExportButton() {
  const [day, setDay] = useState("");
  return (
    <Popover position="bottom-end" shadow="md" width={270} trapFocus>
      <Popover.Target>
        <Button variant="default">Export</Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Export customers">
        <Stack gap="sm">
          <TextInput
            type="date"
            label="As of"
            description="The tree when this day begins in UTC; empty: now"
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
          <Text size="xs" c="dimmed">
            The columns are those of an import.
          </Text>
          <Button component="a" href={exportAddress(day)} download>
            Download CSV
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
