import { Button, Menu } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate } from "react-router";

import { useParam } from "../components/useFilters";

/** What can be added from anywhere. */
export const ADDITIONS = [
  { kind: "customer", title: "Customer" },
  { kind: "product", title: "Product" },
  { kind: "price", title: "Price" },
  { kind: "metric", title: "Usage metric" },
  { kind: "seat-metric", title: "Seat metric" },
] as const;

export function AddNew() {
  const [, setNew] = useParam("new");
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" shadow="md" width={190}>
      <Menu.Target>
        <Button size="xs" h={32} leftSection={<IconPlus size={15} aria-hidden />}>
          Add new
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {ADDITIONS.map(({ kind, title }) => (
          <Menu.Item key={kind} onClick={() => setNew(kind)}>
            {title}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => void navigate("/billing/schedules/new")}>Billing schedule</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
