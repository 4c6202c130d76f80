import { Skeleton, Text } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { level as levelOf } from "../../../api/families";
import type { PlacedCustomer } from "../../../api/types";
import { decimalText } from "../../../components/format";
import { ProblemAlert } from "../../../components/Problem";
import type { Branch } from "./matchingTree";
import { indent, TreeRow } from "./TreeRow";
import { useTree } from "./useExplorer";

/** The customers below one of them, or those at the top; read page by page. */
export function LazyLevel({ parentId, level }: { parentId: string | null; level: number }) {
  const { view } = useTree();
  const query = useInfiniteQuery({
    ...levelOf(parentId, view),
    // The tree of another day takes the place of this one when it is there.
    placeholderData: keepPreviousData,
  });
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
  const total = query.data.pages[0]?.pagination?.totalResultSize ?? items.length;
  return (
    <>
      {items.map((item, index) => (
        <LazyItem
          key={item.id}
          customer={item}
          level={level}
          first={parentId === null && index === 0}
          place={[index + 1, total]}
        />
      ))}
      {items.length === 0 && (
        <li role="none">
          <Text size="sm" c="dimmed" style={indent(level)}>
            {parentId === null ? "Nobody is here" : "No children on this day"}
          </Text>
        </li>
      )}
      {query.hasNextPage && (
        <MoreRow
          level={level}
          text={
            query.isFetchingNextPage
              ? "Loading…"
              : `Show more (${decimalText(items.length)} of ${decimalText(total)})`
          }
          onMore={() => void query.fetchNextPage()}
        />
      )}
    </>
  );
}

type ItemProps = {
  customer: PlacedCustomer;
  level: number;
  first?: boolean;
  match?: boolean;
  place?: [number, number];
};

function LazyItem(props: ItemProps) {
  const { customer, level } = props;
  const leaf = customer.childCount === 0;
  const open = useTree().isOpen(customer.id);
  return (
    <TreeRow {...props} expanded={leaf ? undefined : open}>
      {!leaf && open && <LazyLevel parentId={customer.id} level={level + 1} />}
    </TreeRow>
  );
}

type FoundProps = { branch: Branch; level: number; hits: ReadonlySet<string>; first?: boolean };

/** A match, or an ancestor of one with the matches below it. A match itself opens like any other. */
export function FoundItem({ branch: { customer, branches }, level, hits, first }: FoundProps) {
  const open = useTree().isOpen(customer.id, true);
  const match = hits.has(customer.id);
  if (branches.length === 0) return <LazyItem customer={customer} level={level} match={match} first={first} />;
  return (
    <TreeRow customer={customer} level={level} expanded={open} match={match} first={first}>
      {open &&
        branches.map((below) => (
          <FoundItem key={below.customer.id} branch={below} level={level + 1} hits={hits} />
        ))}
    </TreeRow>
  );
}

/** Reads the next page of a level; a row among the others, so that the arrow keys reach it. */
function MoreRow({ level, text, onMore }: { level: number; text: string; onMore: () => void }) {
  return (
    <li role="none">
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree handles the keys */}
      <div
        className="tree-row tree-more"
        style={indent(level)}
        role="treeitem"
        aria-level={level}
        aria-selected={false}
        tabIndex={-1}
        onClick={onMore}
      >
        <span className="tree-arrow" aria-hidden />
        {text}
      </div>
    </li>
  );
}
