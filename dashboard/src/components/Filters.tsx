import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";

type Props = { active: boolean; onClear: () => void; children: ReactNode };

export function Filters({ active, onClear, children }: Props) {
  return (
    <Group
      role="search"
      gap="sm"
      align="flex-end"
      px={{ base: "sm", sm: "md" }}
      py="sm"
      style={{ borderBottom: "1px solid var(--app-line)" }}
    >
      {children}
      {active && (
        <Button variant="subtle" size="compact-sm" mb={4} onClick={onClear}>
          Clear filters
        </Button>
      )}
    </Group>
  );
}
