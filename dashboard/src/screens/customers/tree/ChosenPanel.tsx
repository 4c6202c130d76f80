import { Anchor, Button, CloseButton, Group, Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { customer as customerOf } from "../../../api/customers";
import { ancestors, parentHistory } from "../../../api/families";
import type { PlacedCustomer } from "../../../api/types";
import { ProblemAlert } from "../../../components/Problem";
import { ParentTimeline } from "./ParentTimeline";
import { useTree } from "./useExplorer";

type Props = { id: string; onMove: (customer: PlacedCustomer) => void };

/** The customer that is chosen: who is above it on the day, where it was before, and the move. */
export function ChosenPanel({ id, onMove }: Props) {
  const tree = useTree();
  const found = useQuery(customerOf(id));
  const above = useQuery(ancestors(id, tree.view));
  const history = useQuery(parentHistory(id));
  const error = found.error ?? above.error ?? history.error;
  if (error) return <ProblemAlert error={error} />;
  if (!found.data || !above.data || !history.data) return <Skeleton height={180} aria-label="Loading" />;
  const { legalName: name, label, childCount = 0 } = found.data;
  const line = above.data.items;
  const placed = { id, name, label, childCount, parentId: line.at(-1)?.id };
  return (
    <>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Title order={2}>{name}</Title>
        <CloseButton size="sm" aria-label="Close" onClick={() => tree.choose(null)} />
      </Group>
      <nav aria-label="Above" className="chosen-line">
        <Text span size="sm" c="dimmed">
          {line.length === 0 ? "At the top" : "Below "}
        </Text>
        {line.map((one, index) => (
          <span key={one.id}>
            {index > 0 && " / "}
            <Anchor component="button" type="button" size="sm" onClick={() => tree.choose(one.id)}>
              {one.name}
            </Anchor>
          </span>
        ))}
      </nav>
      <Group gap="xs" my="sm">
        <Button size="compact-sm" onClick={() => onMove(placed)} disabled={tree.readOnly}>
          Move…
        </Button>
        <Button size="compact-sm" variant="default" component={Link} to={`/customers/${id}`}>
          Open customer
        </Button>
      </Group>
      <ParentTimeline links={history.data.items} />
    </>
  );
}
