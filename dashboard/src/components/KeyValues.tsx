import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";

import { Legend } from "./AddressFields";

export type Pair = { key: string; value: string };

type Props = {
  legend: string;
  hint?: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
};

/** Named values, a row each. */
export function KeyValues({ legend, hint, pairs, onChange }: Props) {
  const change = (index: number, part: Partial<Pair>) =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)));
  return (
    <Stack gap="xs" component="fieldset" m={0} p={0} style={{ border: 0 }}>
      <Legend>{legend}</Legend>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
      {pairs.map((pair, index) => (
        <Group key={index} gap="xs" wrap="nowrap">
          <TextInput
            aria-label={`Property ${index + 1} name`}
            placeholder="name"
            flex={1}
            value={pair.key}
            onChange={(event) => change(index, { key: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`Property ${index + 1} value`}
            placeholder="value"
            flex={1}
            value={pair.value}
            onChange={(event) => change(index, { value: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove property ${index + 1}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        onClick={() => onChange([...pairs, { key: "", value: "" }])}
        style={{ alignSelf: "flex-start" }}
      >
        Add property
      </Button>
    </Stack>
  );
}

export const pairsOf = (map: Record<string, string> = {}): Pair[] =>
  Object.entries(map).map(([key, value]) => ({ key, value }));

export const mapOf = (pairs: Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter(({ key }) => key.trim()).map(({ key, value }) => [key.trim(), value]));
