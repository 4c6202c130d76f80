import { Skeleton, Text } from "@mantine/core";
import { IconChevronRight, IconDots } from "@tabler/icons-react";
import { useNavigate } from "react-router";

import type { PlacedCustomer } from "../../../api/types";
import { plural } from "../../../components/format";
import { isBelow, type Row } from "./levels";
import { useDropTarget } from "./useDropTarget";
import { useTree } from "./useExplorer";
import { ROW_HEIGHT } from "./useRowWindow";

type Props = {
  row: Row;
  /** Where it is drawn, in pixels. */
  top: number;
  /** It is what a search looked for. */
  match?: boolean;
  /** Tab comes to it. */
  tabStop: boolean;
  /** It has the focus, or is dragged. */
  onVisit: () => void;
};

/** A row of the tree: a customer, or the place of one that is being read. */
export function TreeRow({ row, top, match, tabStop, onVisit }: Props) {
  const tree = useTree();
  const navigate = useNavigate();
  const { level, customer, expanded } = row;
  const target = useDropTarget({
    allows: () => takes(row, tree.dragged()),
    onDrop: () => customer && tree.drop(customer.id),
    onRest: () => customer && expanded === false && tree.open(customer.id, true),
  });
  const common = {
    className: "tree-row",
    style: { top, height: ROW_HEIGHT, paddingLeft: (level.depth - 1) * 22 + 6 },
    "data-at": row.at,
    "aria-level": level.depth,
    "aria-posinset": row.index + 1,
    "aria-setsize": level.total,
    onFocus: onVisit,
  };
  if (!customer) {
    return (
      <div {...common} role="treeitem" tabIndex={tabStop ? 0 : -1} aria-selected={false} aria-label="Loading">
        <Skeleton height={12} width={180} ml={30} animate={false} />
      </div>
    );
  }
  const { id, name } = customer;
  const ask = (x: number, y: number) => tree.ask({ customer, x, y });
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree handles the keys
    <div
      {...common}
      role="treeitem"
      tabIndex={tabStop ? 0 : -1}
      aria-expanded={expanded}
      aria-selected={tree.chosen === id}
      data-id={id}
      data-line={tree.line.has(id) || undefined}
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
        onVisit();
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
  );
}

/** Nobody goes below itself, and where it is already there is nothing to do. */
function takes({ level, customer }: Row, dragged: PlacedCustomer | null): boolean {
  if (!dragged || customer?.id === dragged.id || customer?.id === dragged.parentId) return false;
  return !isBelow(level, dragged.id);
}

function countNote({ childCount, descendantCount }: PlacedCustomer): string | undefined {
  if (!childCount) return undefined;
  const below =
    descendantCount && descendantCount > childCount ? `, ${plural(descendantCount, "descendant")}` : "";
  return plural(childCount, "child", "children") + below;
}
