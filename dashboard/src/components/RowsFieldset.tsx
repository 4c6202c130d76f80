import { ActionIcon, Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { Legend } from "./AddressFields";

type Props = {
  legend: string;
  hint?: string;
  /** What a row is called: "Add parameter", "Remove parameter 2". */
  what: string;
  count: number;
  /** The fields of a row. */
  children: (index: number) => ReactNode;
  onAdd: () => void;
  onRemove: (index: number) => void;
  /** How many of the first rows must stay. */
  fixed?: number;
  /** Fields have labels above them, and go to a new line where there is no room. */
  labelled?: boolean;
};

/** Fields that are repeated, a row each, with a way to add one and to remove each. */
export function RowsFieldset(props: Props) {
  const { what, count, fixed = 0, labelled = false } = props;
  return (
    <Stack gap="xs" component="fieldset" m={0} p={0} style={{ border: 0 }}>
      <Legend>{props.legend}</Legend>
      {props.hint && (
        <Text size="xs" c="dimmed">
          {props.hint}
        </Text>
      )}
      {Array.from({ length: count }, (_, index) => (
        <Group key={index} gap="xs" wrap={labelled ? "wrap" : "nowrap"} align="flex-start">
          {props.children(index)}
          {index >= fixed && (
            <ActionIcon
              variant="subtle"
              color="gray"
              mt={labelled ? 26 : 4}
              aria-label={`Remove ${what} ${index + 1}`}
              onClick={() => props.onRemove(index)}
            >
              <IconX size={16} />
            </ActionIcon>
          )}
        </Group>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        style={{ alignSelf: "flex-start" }}
        onClick={props.onAdd}
      >
        Add {what}
      </Button>
    </Stack>
  );
}
