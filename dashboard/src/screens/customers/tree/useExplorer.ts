import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo, useState } from "react";

import { ancestors, moves, type TreeView } from "../../../api/families";
import type { PlacedCustomer } from "../../../api/types";
import { nextDay, today as dayItIs } from "../../../components/format";
import { lastInstant, midnight } from "../../../components/instants";
import { useFilters } from "../../../components/useFilters";

/** What is asked for in the drawer of a move. */
export type Moving = { customer: PlacedCustomer; parentId: string | null };

export type Place = { customer: PlacedCustomer; x: number; y: number };

/** Which tree is shown, and what is chosen and open in it. All but what is open is in the address. */
export function useExplorer() {
  const { values, set } = useFilters(["asOf", "knownAt", "chosen"]);
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const today = dayItIs();
  const day = values.asOf || today;
  const knownOn = values.knownAt;
  const chosen = values.chosen || null;
  const view = useMemo<TreeView>(
    () => ({
      asOf: day === today ? undefined : lastInstant(day),
      knownAt: knownOn ? lastInstant(knownOn) : undefined,
    }),
    [day, today, knownOn],
  );
  const above = useQuery({ ...ancestors(chosen ?? "", view), enabled: chosen !== null });
  const moved = useQuery(moves(midnight(day), midnight(nextDay(day)), view.knownAt));
  const way = useMemo(
    () => (chosen && above.data ? [...above.data.items.map(({ id }) => id), chosen] : []),
    [chosen, above.data],
  );
  const line = useMemo(() => new Set(way.slice(0, -1)), [way]);
  const movedIds = useMemo(
    () => new Set(moved.data?.items.map(({ customerId }) => customerId)),
    [moved.data],
  );
  return {
    today,
    day,
    knownOn,
    view,
    /** What we believed once is past changing. */
    readOnly: knownOn !== "",
    show: (next: string) => set("asOf", next === today ? null : next),
    know: (next: string | null) => set("knownAt", next),
    chosen,
    choose: (id: string | null) => set("chosen", id),
    /** Everyone above the chosen one. */
    line,
    /** The same in order, root first, and the chosen one at the end. */
    way,
    /** Who moves on the day that is shown. */
    movedIds,
    moves: moved.data,
    /** Those above the chosen one are open until they are closed by hand. */
    isOpen: (id: string, otherwise = false) => opened.get(id) ?? (line.has(id) || otherwise),
    open: (id: string, value: boolean) => setOpened((old) => new Map(old).set(id, value)),
  };
}

type Gestures = {
  /** Opens the actions of a customer beside a place of the screen. */
  ask: (place: Place) => void;
  dragged: () => PlacedCustomer | null;
  drag: (customer: PlacedCustomer | null) => void;
  /** Asks for the move of the one that is dragged. */
  drop: (parentId: string | null) => void;
};

export type Tree = ReturnType<typeof useExplorer> & Gestures;

export const TreeContext = createContext<Tree | null>(null);

export function useTree(): Tree {
  const tree = useContext(TreeContext);
  if (!tree) throw new Error("Only inside a tree explorer.");
  return tree;
}
