import { Skeleton, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { searchTree } from "../../../api/families";
import { Empty } from "../../../components/Empty";
import { dayText } from "../../../components/format";
import { ProblemAlert } from "../../../components/Problem";
import { matchingTree } from "./matchingTree";
import { FoundItem } from "./TreeLevels";
import { useTree } from "./useExplorer";
import type { useTreeKeys } from "./useTreeKeys";

type Props = { search: string; keys: ReturnType<typeof useTreeKeys> };

/** The matches of a search, each below its ancestors of the day. */
export function FoundTree({ search, keys }: Props) {
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
  const hits = new Set(items.map(({ id }) => id));
  return (
    <>
      <ul className="tree" role="tree" aria-label="Customers found" aria-busy={found.isPlaceholderData} {...keys}>
        {matchingTree(items).map((branch, index) => (
          <FoundItem key={branch.customer.id} branch={branch} level={1} hits={hits} first={index === 0} />
        ))}
      </ul>
      {more && (
        <Text size="xs" c="dimmed" mt="sm">
          The first {items.length} matches. Type more of the name to narrow them down.
        </Text>
      )}
    </>
  );
}
