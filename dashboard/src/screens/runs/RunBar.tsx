import { Group, Progress, Text } from "@mantine/core";

import type { RunProgress } from "../../api/runs";
import { decimalText, plural } from "../../components/format";

/** How far a run at work is. Nothing is planned yet while it measures what is due, or waits. */
export function RunBar({ progress }: { progress: RunProgress }) {
  const { invoicesDone, invoiceCount } = progress;
  const part = invoiceCount ? (100 * invoicesDone) / invoiceCount : 0;
  const said = invoiceCount
    ? `${decimalText(invoicesDone)} of ${plural(invoiceCount, "invoice")} drafted`
    : "Looking for what is due";
  return (
    <Group gap="md" role="status">
      <Progress.Root size="sm" flex={1} maw={420}>
        <Progress.Section value={part} aria-label={said} />
      </Progress.Root>
      <Text size="sm" c="dimmed">
        {said}
      </Text>
    </Group>
  );
}
