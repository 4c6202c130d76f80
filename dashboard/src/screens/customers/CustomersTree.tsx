import { Text } from "@mantine/core";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";

import { ancestors, findCustomers } from "../../api/customers";
import { Empty } from "../../components/Empty";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { decimalText } from "../../components/format";
import { ProblemAlert } from "../../components/Problem";
import { useFilters } from "../../components/useFilters";
import { matchingTree } from "./family";
import { FoundItem, LazyLevel } from "./TreeItems";
import { useTreeKeys } from "./useTreeKeys";

/** Families from the top; what is below a customer is read when it is opened. */
export function CustomersTree() {
  const { values, set, clear, active } = useFilters(["search"]);
  const keys = useTreeKeys();
  return (
    <section className="panel" aria-label="Customer tree">
      <Filters active={active} onClear={clear}>
        <FilterText
          label="Search the tree"
          w={280}
          value={values.search}
          onChange={(text) => set("search", text)}
        />
        <Text size="xs" c="dimmed" mb={8} visibleFrom="sm">
          Arrow keys move, Enter opens a customer, * opens all at one level.
        </Text>
      </Filters>
      <div className="panel-body">
        {values.search ? (
          <FoundTree search={values.search} keys={keys} />
        ) : (
          <ul className="tree" role="tree" aria-label="Customers" {...keys}>
            <LazyLevel parentId={null} level={1} />
          </ul>
        )}
      </div>
    </section>
  );
}

type Keys = ReturnType<typeof useTreeKeys>;

/** The matches of a search, each below its ancestors. */
function FoundTree({ search, keys }: { search: string; keys: Keys }) {
  const found = useQuery({
    ...findCustomers(search, 20),
    placeholderData: keepPreviousData,
  });
  const matches = found.data?.items ?? [];
  const lines = useQueries({
    queries: matches.map((match) => ancestors(match.id)),
    combine: (results) => results.map((result) => result.data?.items),
  });
  if (found.error) return <ProblemAlert error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data && matches.length === 0) {
    return <Empty title="No customer matches">The search looks at names, labels, e-mail addresses and aliases.</Empty>;
  }
  const tree = matchingTree(
    matches.flatMap((match, index) => {
      const line = lines[index];
      return line ? [[...line, match]] : [];
    }),
  );
  const hits = new Set(matches.map(({ id }) => id));
  const total = found.data?.total;
  return (
    <>
      <ul className="tree" role="tree" aria-label="Customers found" {...keys}>
        {tree.map((branch, index) => (
          <FoundItem
            key={branch.customer.id}
            branch={branch}
            level={1}
            hits={hits}
            first={index === 0}
          />
        ))}
      </ul>
      {found.data?.more && (
        <Text size="xs" c="dimmed" mt="sm">
          The first {matches.length} matches{total !== undefined && ` of ${decimalText(total)}`}. Type more of the
          name to narrow them down.
        </Text>
      )}
    </>
  );
}
