import { Menu } from "@mantine/core";
import { IconArrowsMove, IconExternalLink, IconPlus } from "@tabler/icons-react";
import { useNavigate } from "react-router";

import type { PlacedCustomer } from "../../../api/types";
import { useParam } from "../../../components/useFilters";
import type { Place } from "./useExplorer";

type Props = {
  place: Place;
  readOnly: boolean;
  onMove: (customer: PlacedCustomer) => void;
  onClose: () => void;
};

const CLICKS = ["mousedown", "touchstart"];

/** As soon as it is drawn: the next key is meant for it, however soon it comes. */
const focusAtOnce = (item: HTMLElement | null) => item?.focus({ preventScroll: true });

/** What can be done with a customer of the tree, beside where it was asked for. */
export function RowMenu({ place: { customer, x, y }, readOnly, onMove, onClose }: Props) {
  const navigate = useNavigate();
  const [, setNew] = useParam("new");
  return (
    <Menu
      opened
      onClose={onClose}
      position="bottom-start"
      width={200}
      shadow="md"
      // Letting go of the key that opened it is no reason to close it.
      clickOutsideEvents={CLICKS}
    >
      <Menu.Target>
        <span style={{ position: "fixed", left: x, top: y }} aria-hidden />
      </Menu.Target>
      <Menu.Dropdown aria-label={`Actions for ${customer.name}`} aria-labelledby={undefined}>
        <Menu.Item
          ref={focusAtOnce}
          leftSection={<IconExternalLink size={15} aria-hidden />}
          onClick={() => void navigate(`/customers/${customer.id}`)}
        >
          Open customer
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowsMove size={15} aria-hidden />}
          disabled={readOnly}
          onClick={() => onMove(customer)}
        >
          Move…
        </Menu.Item>
        <Menu.Item leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setNew("customer")}>
          New customer
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
