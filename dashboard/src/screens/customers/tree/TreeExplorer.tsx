import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { moveDays } from "../../../api/families";
import type { PlacedCustomer } from "../../../api/types";
import { Filters } from "../../../components/Filters";
import { FilterText } from "../../../components/FilterText";
import { useFilters } from "../../../components/useFilters";
import { MoveDrawer } from "../MoveDrawer";
import { ChosenPanel } from "./ChosenPanel";
import { DayInput } from "./DayInput";
import { DayMoves } from "./DayMoves";
import { DaySlider } from "./DaySlider";
import { FoundTree } from "./FoundTree";
import { NotToday } from "./NotToday";
import { RowMenu } from "./RowMenu";
import { TopZone } from "./TopZone";
import "./tree.css";
import { TreeRows } from "./TreeRows";
import { TreeContext, useExplorer, type Moving, type Place } from "./useExplorer";

const NO_DAYS: string[] = [];

/** All families from the top, as of any day; whoever is dragged onto another moves there. */
export function TreeExplorer() {
  const explorer = useExplorer();
  const { values, set } = useFilters(["search"]);
  const dates = useFilters(["asOf", "knownAt"]);
  const days = useQuery(moveDays(explorer.view.knownAt));
  const dragged = useRef<PlacedCustomer | null>(null);
  const [menu, setMenu] = useState<Place | null>(null);
  const [moving, setMoving] = useState<Moving | null>(null);
  const panel = useRef<HTMLElement>(null);
  const focusRow = (id: string) => panel.current?.querySelector<HTMLElement>(`[data-id="${id}"]`)?.focus();

  const move = (customer: PlacedCustomer, parentId = customer.parentId ?? null) =>
    setMoving({ customer, parentId });
  const tree = {
    ...explorer,
    ask: setMenu,
    dragged: () => dragged.current,
    drag: (customer: PlacedCustomer | null) => {
      dragged.current = customer;
    },
    drop: (parentId: string | null) => {
      if (dragged.current) move(dragged.current, parentId);
    },
  };
  return (
    <TreeContext value={tree}>
      <section className="panel" aria-label="Customer tree" ref={panel}>
        <Filters active={values.search !== ""} onClear={() => set("search", null)}>
          <FilterText
            label="Search the tree"
            placeholder="Name, label, e-mail, alias"
            value={values.search}
            onChange={(text) => set("search", text)}
          />
          <DayInput
            label="Tree as of"
            value={explorer.day}
            onChange={(day) => explorer.show(day ?? explorer.today)}
          />
          <DayInput label="As we knew it on" value={explorer.knownOn} onChange={explorer.know} />
          <Button variant="default" mb={0} disabled={!dates.active} onClick={dates.clear}>
            Today
          </Button>
        </Filters>
        <DaySlider
          marks={days.data?.items ?? NO_DAYS}
          today={explorer.today}
          value={explorer.day}
          onChange={explorer.show}
        />
        <NotToday onBack={dates.clear} />
        <div className="panel-body tree-columns">
          <div>
            <TopZone />
            {values.search ? (
              <FoundTree search={values.search} />
            ) : (
              <TreeRows label="Customers" />
            )}
          </div>
          <aside className="tree-side" aria-label="About the tree">
            {explorer.chosen && <ChosenPanel key={explorer.chosen} id={explorer.chosen} onMove={move} />}
            <DayMoves />
            {!explorer.chosen && <HowTo readOnly={explorer.readOnly} />}
          </aside>
        </div>
        {menu && (
          <RowMenu
            place={menu}
            readOnly={explorer.readOnly}
            onMove={move}
            onClose={() => {
              setMenu(null);
              focusRow(menu.customer.id);
            }}
          />
        )}
      </section>
      {moving && (
        <MoveDrawer
          customer={moving.customer}
          parentId={moving.parentId}
          day={explorer.day}
          onClose={() => {
            setMoving(null);
            focusRow(moving.customer.id);
          }}
          onMoved={({ customerId }) => explorer.choose(customerId)}
        />
      )}
    </TreeContext>
  );
}

function HowTo({ readOnly }: { readOnly: boolean }) {
  return (
    <Text size="xs" c="dimmed" className="wide-only">
      Choose a customer to see where it stood.{" "}
      {!readOnly && "Drag one onto its new parent to move it: what that does to bills is shown first. "}
      Arrow keys walk the tree, Space chooses, Enter opens the customer, Shift+F10 its actions, * all of one level.
    </Text>
  );
}
