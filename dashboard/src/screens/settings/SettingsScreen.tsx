import { Stack, Tabs } from "@mantine/core";
import { Navigate, useNavigate, useParams } from "react-router";

import { PageHead } from "../../components/PageHead";
import { SellerTab } from "./SellerTab";
import { TaxesTab } from "./taxes/TaxesTab";

const TABS = ["seller", "taxes"];

export default function SettingsScreen() {
  const { tab = "seller" } = useParams();
  const navigate = useNavigate();
  if (!TABS.includes(tab)) return <Navigate to="/settings" replace />;
  return (
    <Stack gap="md">
      <PageHead title="Settings" />
      <Tabs
        value={tab}
        onChange={(value) => void navigate(value === "taxes" ? "/settings/taxes" : "/settings")}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="seller">Seller</Tabs.Tab>
          <Tabs.Tab value="taxes">Taxes</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="seller">
          <SellerTab />
        </Tabs.Panel>
        <Tabs.Panel value="taxes">
          <TaxesTab />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
