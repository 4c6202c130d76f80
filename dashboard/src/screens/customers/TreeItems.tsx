import { Skeleton, Text } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import { useNavigate } from "react-router";

import { children } from "../../api/customers";
import type { Customer } from "../../api/types";
import { plural } from "../../components/format";
import { ProblemAlert } from "../../components/Problem";
import type { Branch } from "./family";
import { OPEN_EVENT } from "./useTreeKeys";

/** One level of the tree, read page by page. */
export function LazyLevel({ parentId, level }: { parentId: string | null; level: number }) {
  const query = useInfiniteQuery(children(parentId));
  if (query.error) {
    return (
      <li role="none">
        <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      </li>
    );
  }
  if (query.isPending) {
    return (
      <li role="none">
        <Skeleton height={14} width={200} my={10} ml={level * 22} aria-label="Loading" />
      </li>
    );
  }
  const items = query.data.pages.flatMap((page) => page.items);
  return (
    <>
      {items.map((item, index) => (
        <LazyItem
          key={item.id}
          customer={item}
          level={level}
          first={parentId === null && index === 0}
        />
      ))}
      {items.length === 0 && (
        <li role="none">
          <Text size="sm" c="dimmed" style={indent(level)}>
            {parentId === null ? "No customers yet" : "No children"}
          </Text>
        </li>
      )}
      {query.hasNextPage && (
        <Item
          level={level}
          name="Show more"
          onEnter={() => void query.fetchNextPage()}
          note={query.isFetchingNextPage ? "loading" : undefined}
        />
      )}
    </>
  );
}

function LazyItem({ customer, level, first }: { customer: Customer; level: number; first: boolean }) {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const leaf = customer.childCount === 0;
  return (
    <Item
      level={level}
      name={customer.legalName}
      note={countNote(customer)}
      expanded={leaf ? undefined : open}
      onToggle={leaf ? undefined : setOpen}
      onEnter={() => void navigate(`/customers/${customer.id}`)}
      first={first}
    >
      {open && !leaf && <LazyLevel parentId={customer.id} level={level + 1} />}
    </Item>
  );
}

type FoundProps = { branch: Branch; level: number; hits: ReadonlySet<string>; first?: boolean };

/** A match, or an ancestor of one, with everything below it open. */
export function FoundItem({ branch, level, hits, first }: FoundProps) {
  const [open, setOpen] = useState(true);
  const navigate = useNavigate();
  const { customer, branches } = branch;
  const leaf = branches.length === 0;
  return (
    <Item
      level={level}
      name={customer.legalName}
      strong={hits.has(customer.id)}
      expanded={leaf ? undefined : open}
      onToggle={leaf ? undefined : setOpen}
      onEnter={() => void navigate(`/customers/${customer.id}`)}
      first={first}
    >
      {open &&
        branches.map((below) => (
          <FoundItem key={below.customer.id} branch={below} level={level + 1} hits={hits} />
        ))}
    </Item>
  );
}

type ItemProps = {
  level: number;
  name: string;
  note?: string;
  strong?: boolean;
  /** Undefined for one without children. */
  expanded?: boolean;
  onToggle?: (open: boolean) => void;
  onEnter: () => void;
  /** The item that Tab reaches before any other has been visited. */
  first?: boolean;
  children?: ReactNode;
};

function Item({ level, name, note, strong, expanded, onToggle, onEnter, first, children }: ItemProps) {
  const group = useId();
  return (
    <li role="none">
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree handles the keys */}
      <div
        className="tree-row"
        style={indent(level)}
        role="treeitem"
        aria-level={level}
        aria-expanded={expanded}
        aria-owns={expanded ? group : undefined}
        aria-selected={false}
        data-name={name}
        tabIndex={first ? 0 : -1}
        onClick={onEnter}
        ref={(node) => {
          const toggle = (event: Event) => onToggle?.((event as CustomEvent<boolean>).detail);
          node?.addEventListener(OPEN_EVENT, toggle);
          return () => node?.removeEventListener(OPEN_EVENT, toggle);
        }}
      >
        {/* The arrow is for the pointer; the keyboard uses the arrow keys. */}
        <span
          className="tree-arrow"
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            onToggle?.(!expanded);
          }}
        >
          {expanded !== undefined && <IconChevronRight size={15} />}
        </span>
        <Text span size="sm" fw={strong ? 650 : 450}>
          {name}
        </Text>{" "}
        {note && (
          <Text span size="xs" c="dimmed">
            {note}
          </Text>
        )}
      </div>
      {expanded && (
        <ul role="group" id={group}>
          {children}
        </ul>
      )}
    </li>
  );
}

const indent = (level: number) => ({ paddingLeft: (level - 1) * 22 + 6 });

function countNote({ childCount, descendantCount }: Customer): string | undefined {
  if (!childCount) return undefined;
  const below =
    descendantCount && descendantCount > childCount ? `, ${plural(descendantCount, "descendant")}` : "";
  return plural(childCount, "child", "children") + below;
}
