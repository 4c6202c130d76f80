import { Anchor, Text, Title } from "@mantine/core";

import { dayText, decimalText, plural } from "../../../components/format";
import { useTree } from "./useExplorer";

const SHOWN = 20;

/** Who moves on the day that is shown, from where to where. */
export function DayMoves() {
  const { day, moves, choose } = useTree();
  const items = moves?.items.slice(0, SHOWN) ?? [];
  const total = moves?.pagination?.totalResultSize ?? items.length;
  if (items.length === 0) return null;
  return (
    <section aria-label="Moves on this day">
      <Title order={3} mb={6}>
        {plural(total, "move")} on {dayText(day)}
      </Title>
      <ul className="day-moves">
        {items.map((move) => (
          <li key={move.id}>
            <Anchor component="button" type="button" size="sm" onClick={() => choose(move.customerId)}>
              {move.customerName}
            </Anchor>
            <Text size="xs" c="dimmed">
              {move.previousParentName ?? "Top level"} → {move.parentName ?? "Top level"}
              {move.reason && ` · “${move.reason}”`}
            </Text>
          </li>
        ))}
      </ul>
      {total > items.length && (
        <Text size="xs" c="dimmed" mt={4}>
          The first {decimalText(items.length)} of {decimalText(total)}.
        </Text>
      )}
    </section>
  );
}
