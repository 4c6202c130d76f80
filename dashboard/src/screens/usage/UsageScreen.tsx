import { Button, Stack, Tabs } from "@mantine/core";
import { Link, Navigate, useNavigate, useParams } from "react-router";

import { PageHead } from "../../components/PageHead";
import { useParam } from "../../components/useFilters";
import { EventsTab } from "./EventsTab";
import { MetricsTab } from "./MetricsTab";
import { UnmappedTab } from "./UnmappedTab";

const TABS = ["events", "metrics", "unmapped"];

export default function UsageScreen() {
  const { tab } = useParams();
  const navigate = useNavigate();
  const [, setNew] = useParam("new");
  if (!tab || !TABS.includes(tab)) return <Navigate to="/usage/events" replace />;
  return (
    <Stack gap="md">
      <PageHead
        title="Usage"
        actions={
          tab === "metrics" ? (
            <Button onClick={() => setNew("metric")}>New usage metric</Button>
          ) : (
            <>
              <Button component={Link} to="/usage/backfill" variant="default">
                Fill a window anew
              </Button>
              <Button onClick={() => setNew("event")}>New usage event</Button>
            </>
          )
        }
      />
      <Tabs value={tab} onChange={(value) => void navigate(`/usage/${value}`)} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="events">Events</Tabs.Tab>
          <Tabs.Tab value="metrics">Metrics</Tabs.Tab>
          <Tabs.Tab value="unmapped">Unmapped aliases</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="events">
          <EventsTab />
        </Tabs.Panel>
        <Tabs.Panel value="metrics">
          <MetricsTab />
        </Tabs.Panel>
        <Tabs.Panel value="unmapped">
          <UnmappedTab />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
