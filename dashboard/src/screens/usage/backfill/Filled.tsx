import { Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "react-router";

import type { BackfillCounts } from "../../../api/types";
import { queryText } from "../../../api/http";
import { PageHead } from "../../../components/PageHead";
import { Panel } from "../../../components/Panel";
import { EventCounts } from "./EventCounts";
import type { WindowValues } from "./window";

type Props = { counts: BackfillCounts; window: WindowValues; onMore: () => void };

/** It is done. */
export function Filled({ counts, window, onMore }: Props) {
  const { eventType, customerAliases, start, end } = window;
  const shown = queryText({
    eventType: eventType.trim(),
    customerAlias: customerAliases,
    from: start.slice(0, 10),
    to: end.slice(0, 10),
  });
  return (
    <Stack gap="md">
      <PageHead title="Fill a window anew" crumbs={[{ title: "Usage", to: "/usage" }]} />
      <Panel title="Filled">
        <Stack gap="md">
          <EventCounts counts={counts} />
          <Text size="sm" maw="72ch">
            Drafts follow when they are recalculated. Where an invoice is final, the next one has an
            adjustment. The same window with the same events changes nothing any more.
          </Text>
          <Group gap="sm">
            <Button component={Link} to={`/usage/events${shown}`}>
              See the events
            </Button>
            <Button variant="default" onClick={onMore}>
              Fill another window
            </Button>
          </Group>
        </Stack>
      </Panel>
    </Stack>
  );
}
