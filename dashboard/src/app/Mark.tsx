import { Group, Text } from "@mantine/core";

/** The product's mark: streams that run together. */
export function Mark() {
  return (
    <Group gap={8} wrap="nowrap">
      <img src="/favicon.svg" width={24} height={24} alt="" />
      <Text fw={650} size="md" visibleFrom="xs">
        Catchment
      </Text>
    </Group>
  );
}
