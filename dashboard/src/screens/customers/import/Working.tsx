import { Progress, Text } from "@mantine/core";

/** What is being done; without a part, nobody knows how long it takes. */
export type Work = { what: string; part?: number };

export function Working({ what, part }: Work) {
  const percent = part === undefined ? 100 : Math.round(part * 100);
  return (
    <div role="status">
      <Text size="sm" mb={6}>
        {what}…
      </Text>
      <Progress.Root size="sm" maw={420}>
        <Progress.Section
          value={percent}
          animated={part === undefined}
          aria-label={what}
          aria-valuetext={part === undefined ? "Running" : `${percent} %`}
        />
      </Progress.Root>
    </div>
  );
}
