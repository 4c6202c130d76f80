import { Skeleton, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { searchTree } from "../../../api/families";
import { Empty } from "../../../components/Empty";
import { dayText } from "../../../components/format";
import { ProblemAlert } from "../../../components/Problem";
import { matchingTree } from "./matchingTree";
import { TreeRows } from "./TreeRows";
import { useTree } from "./useExplorer";

/** The matches of a search, each below its ancestors of the day. */
export function FoundTree({ search }: { search: string }) {
  const { view, day } = useTree();
  const found = useQuery({ ...searchTree(search, view), placeholderData: keepPreviousData });
  if (found.error) return <ProblemAlert error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton height={14} width={200} my={10} aria-label="Searching" />;
  const { items, more } = found.data;
  if (items.length === 0) {
    return (
      <Empty title="No customer matches">
        The search looks at names, labels, e-mail addresses and aliases, on {dayText(day)}.
      </Empty>
    );
  }
  return (
    <>
      <TreeRows
        label="Customers found"
        branches={matchingTree(items)}
        hits={new Set(items.map(({ id }) => id))}
        busy={found.isPlaceholderData}
      />
      {more && (
        <Text size="xs" c="dimmed" mt="sm">
          The first {items.length} matches. Type more of the name to narrow them down.
        </Text>
      )}
    </>
  );
}
