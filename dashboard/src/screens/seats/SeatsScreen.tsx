import { Button, Stack, Tabs } from "@mantine/core";
import { Navigate, useNavigate, useParams } from "react-router";

import { PageHead } from "../../components/PageHead";
import { useParam } from "../../components/useFilters";
import { BalancesTab } from "./BalancesTab";
import { SeatEventsTab } from "./SeatEventsTab";
import { SeatMetricsTab } from "./SeatMetricsTab";

const TABS = ["balances", "events", "metrics"];

export default function SeatsScreen() {
  const { tab } = useParams();
  const navigate = useNavigate();
  const [, setNew] = useParam("new");
  if (!tab || !TABS.includes(tab)) return <Navigate to="/seats/balances" replace />;
  return (
    <Stack gap="md">
      <PageHead
        title="Seats"
        actions={
          tab === "metrics" ? (
            <Button onClick={() => setNew("seat-metric")}>New seat metric</Button>
          ) : (
            <Button onClick={() => setNew("seat-event")}>New seat event</Button>
          )
        }
      />
      <Tabs value={tab} onChange={(value) => void navigate(`/seats/${value}`)} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="balances">Balances</Tabs.Tab>
          <Tabs.Tab value="events">Seat events</Tabs.Tab>
          <Tabs.Tab value="metrics">Seat metrics</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="balances">
          <BalancesTab />
        </Tabs.Panel>
        <Tabs.Panel value="events">
          <SeatEventsTab />
        </Tabs.Panel>
        <Tabs.Panel value="metrics">
          <SeatMetricsTab />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
