import { Text } from "@mantine/core";
import { IconChevronRight, IconDots } from "@tabler/icons-react";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { useNavigate } from "react-router";

import type { PlacedCustomer } from "../../../api/types";
import { plural } from "../../../components/format";
import { useDropTarget } from "./useDropTarget";
import { useTree } from "./useExplorer";
import { OPEN_EVENT } from "./useTreeKeys";

type Props = {
  customer: PlacedCustomer;
  level: number;
  /** Undefined for one without children. */
  expanded?: boolean;
  /** It is what a search looked for. */
  match?: boolean;
  /** The row that Tab reaches before any other has been visited. */
  first?: boolean;
  /** Its place among how many of one level; the others may not be here yet. */
  place?: [position: number, of: number];
  children?: ReactNode;
};

/** A customer in the tree, and below it those that are open. */
export function TreeRow({ customer, level, expanded, match, first, place, children }: Props) {
  const tree = useTree();
  const navigate = useNavigate();
  const group = useId();
  const row = useRef<HTMLDivElement>(null);
  const { id, name } = customer;
  const chosen = tree.chosen === id;
  const target = useDropTarget({
    allows: (element) => takes(element, customer, tree.dragged()),
    onDrop: () => tree.drop(id),
    onRest: () => expanded === false && tree.open(id, true),
  });
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  useEffect(() => {
    const element = row.current;
    const toggle = (event: Event) => {
      if (expanded !== undefined) tree.open(id, (event as CustomEvent<boolean>).detail);
    };
    element?.addEventListener(OPEN_EVENT, toggle);
    return () => element?.removeEventListener(OPEN_EVENT, toggle);
  });
  const ask = (x: number, y: number) => tree.ask({ customer, x, y });
  return (
    <li role="none" data-branch={id}>
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree handles the keys */}
      <div
        ref={row}
        className="tree-row"
        style={indent(level)}
        role="treeitem"
        aria-level={level}
        aria-posinset={place?.[0]}
        aria-setsize={place?.[1]}
        aria-expanded={expanded}
        aria-owns={expanded ? group : undefined}
        aria-selected={chosen}
        data-id={id}
        data-name={name}
        data-line={tree.line.has(id) || undefined}
        tabIndex={first ? 0 : -1}
        draggable={!tree.readOnly}
        onClick={() => tree.choose(id)}
        onDoubleClick={() => void navigate(`/customers/${id}`)}
        onContextMenu={(event) => {
          event.preventDefault();
          ask(event.clientX, event.clientY);
        }}
        onDragStart={(event) => {
          event.dataTransfer.effectAllowed = "move";
          event.dataTransfer.setData("text/plain", name);
          tree.drag(customer);
        }}
        onDragEnd={() => tree.drag(null)}
        {...target}
      >
        {/* The arrow and the dots are for the pointer; the keyboard has keys for both. */}
        <span
          className="tree-arrow"
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            if (expanded !== undefined) tree.open(id, !expanded);
          }}
        >
          {expanded !== undefined && <IconChevronRight size={15} />}
        </span>
        <span className="tree-text">
          <Text span size="sm" fw={match ? 650 : 450} className="tree-name">
            {name}
          </Text>{" "}
          {customer.label && (
            <Text span size="xs" className="tree-label">
              {customer.label}
            </Text>
          )}{" "}
          <Text span size="xs" c="dimmed">
            {countNote(customer)}
          </Text>{" "}
          {tree.movedIds.has(id) && <span className="tree-moved">moved this day</span>}
        </span>
        <span
          className="tree-dots"
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            ask(event.clientX, event.clientY);
          }}
        >
          <IconDots size={16} />
        </span>
      </div>
      {expanded && (
        <ul role="group" id={group}>
          {children}
        </ul>
      )}
    </li>
  );
}

export const indent = (level: number) => ({ paddingLeft: (level - 1) * 22 + 6 });

/** Nobody goes below itself, and where it is already there is nothing to do. */
function takes(element: HTMLElement, onto: PlacedCustomer, dragged: PlacedCustomer | null): boolean {
  if (!dragged || dragged.parentId === onto.id) return false;
  return element.closest(`[data-branch="${dragged.id}"]`) === null;
}

function countNote({ childCount, descendantCount }: PlacedCustomer): string | undefined {
  if (!childCount) return undefined;
  const below =
    descendantCount && descendantCount > childCount ? `, ${plural(descendantCount, "descendant")}` : "";
  return plural(childCount, "child", "children") + below;
}
