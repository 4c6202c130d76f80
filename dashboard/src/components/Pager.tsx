import { Button, Group, Text } from "@mantine/core";

import type { Page } from "../api/types";
import { decimalText } from "./format";

type Props = {
  page: Page<unknown> | undefined;
  onGo: (cursor: { after?: string; before?: string }) => void;
};

/** Steps through a list by its cursors. */
export function Pager({ page, onGo }: Props) {
  const { after, before, totalResultSize } = page?.pagination ?? {};
  if (!page || page.items.length === 0) return null;
  return (
    <Group justify="space-between" px={{ base: "sm", sm: "md" }} py={8} style={{ borderTop: "1px solid var(--app-line)" }}>
      <Text size="xs" c="dimmed">
        {totalResultSize !== undefined && `${decimalText(totalResultSize)} in all`}
      </Text>
      {(after || before) && (
        <Group gap="xs">
          <Button
            variant="default"
            size="compact-sm"
            disabled={!before}
            onClick={() => onGo({ before })}
          >
            Previous
          </Button>
          <Button variant="default" size="compact-sm" disabled={!after} onClick={() => onGo({ after })}>
            Next
          </Button>
        </Group>
      )}
    </Group>
  );
}
