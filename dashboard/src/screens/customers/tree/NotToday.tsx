import { Button, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";

import { dayText } from "../../../components/format";
import { useTree } from "./useExplorer";

/** Says that the tree that is shown is not that of today, and what a move would mean. */
export function NotToday({ onBack }: { onBack: () => void }) {
  const { day, today, knownOn, readOnly } = useTree();
  if (day === today && !knownOn) return null;
  return (
    <div className="not-today" role="status">
      <IconHistory size={18} aria-hidden />
      <div>
        <Text span fw={600} size="sm">
          {day < today ? "The tree as it was on " : day > today ? "The tree as it will be on " : "The tree of "}
          {dayText(day)}
          {knownOn && `, as we knew it on ${dayText(knownOn)}`}
        </Text>{" "}
        <Text span size="sm">
          {readOnly
            ? "What we knew then cannot be changed any more."
            : "A move from here begins on this day, unless you choose another."}
        </Text>
      </div>
      <Button variant="default" size="compact-sm" onClick={onBack}>
        Back to today
      </Button>
    </div>
  );
}
