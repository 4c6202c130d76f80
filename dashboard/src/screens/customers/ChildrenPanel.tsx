import { Button, Group, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";

import { children } from "../../api/families";
import type { Customer, PlacedCustomer } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Missing } from "../../components/Figures";
import { decimalText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";

const count = (value: number | undefined) => (value ? decimalText(value) : <Missing />);

const COLUMNS: Column<PlacedCustomer>[] = [
  { title: "Name", cell: (row) => row.name },
  { title: "Label", cell: (row) => row.label ?? <Missing /> },
];

/** Only where there is anybody further below. */
const BELOW: Column<PlacedCustomer>[] = [
  { title: "Children", cell: (row) => count(row.childCount), end: true },
  { title: "Descendants", cell: (row) => count(row.descendantCount), end: true, wideOnly: true },
];

/** The customers directly below this one, with how many are below each. */
export function ChildrenPanel({ customer }: { customer: Customer }) {
  const query = useInfiniteQuery(children(customer.id, 20));
  const [, setParams] = useSearchParams();
  const add = () => setParams({ new: "customer", forParent: customer.id });
  const rows = query.data?.pages.flatMap((page) => page.items);
  const total = query.data?.pages[0]?.pagination?.totalResultSize ?? customer.childCount;
  return (
    <Panel
      title="Child accounts"
      flush
      actions={
        <Button size="compact-sm" variant="default" onClick={add} disabled={!!customer.archivedAt}>
          Add child account
        </Button>
      }
    >
      {query.error ? (
        <div className="panel-body">
          <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
        </div>
      ) : (
        <DataTable
          label="Child accounts"
          columns={rows?.some(({ childCount }) => childCount) ? [...COLUMNS, ...BELOW] : COLUMNS}
          rows={rows}
          rowKey={(row) => row.id}
          rowLink={(row) => `/customers/${row.id}`}
          sketch={2}
          empty={
            <Empty title="No child accounts">
              Customers that name {customer.legalName} as their parent appear here. A billing schedule
              of {customer.legalName} can then roll their usage up into one invoice.
            </Empty>
          }
        />
      )}
      {query.hasNextPage && (
        <Group px={{ base: "sm", sm: "md" }} py={8} justify="space-between">
          <Text size="xs" c="dimmed">
            The first {decimalText(rows?.length ?? 0)}
            {total !== undefined && ` of ${decimalText(total)}`}.
          </Text>
          <Button
            variant="default"
            size="compact-sm"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
    </Panel>
  );
}
