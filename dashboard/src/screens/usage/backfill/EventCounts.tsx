import type { BackfillCounts } from "../../../api/types";
import { decimalText } from "../../../components/format";

/** What becomes of how many events. */
export function EventCounts({ counts }: { counts: BackfillCounts }) {
  const figures: [string, number][] = [
    ["Added", counts.added],
    ["Replaced", counts.replaced],
    ["Cancelled", counts.cancelled],
    ["Unchanged", counts.unchanged],
  ];
  return (
    <dl className="counts">
      {figures.map(([name, count]) => (
        <div key={name} data-bad={(name === "Cancelled" && count > 0) || undefined}>
          <dt>{name}</dt>
          <dd>{decimalText(count)}</dd>
        </div>
      ))}
    </dl>
  );
}
