import { Button, Group } from "@mantine/core";
import { Children, useState, type ReactNode } from "react";

type Props = { active: boolean; onClear: () => void; children: ReactNode };

/** With more filters than these, a phone would show nothing else. */
const MOST_ON_A_PHONE = 4;

/** Above a list; on a phone all but the first of many filters are folded away. */
export function Filters({ active, onClear, children }: Props) {
  const [open, setOpen] = useState(active);
  const many = Children.toArray(children).length > MOST_ON_A_PHONE;
  return (
    <Group
      role="search"
      gap="sm"
      align="flex-end"
      px={{ base: "sm", sm: "md" }}
      py="sm"
      style={{ borderBottom: "1px solid var(--app-line)" }}
      className={many && !open ? "folded-filters" : undefined}
    >
      {children}
      {many && (
        <Button
          className="filters-button"
          variant="subtle"
          size="compact-sm"
          hiddenFrom="sm"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? "Fewer filters" : "More filters"}
        </Button>
      )}
      {active && (
        <Button
          className="filters-button"
          variant="subtle"
          size="compact-sm"
          mb={4}
          onClick={onClear}
        >
          Clear filters
        </Button>
      )}
    </Group>
  );
}
