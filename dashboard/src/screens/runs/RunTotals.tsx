import type { RunTotal } from "../../api/runs";
import { Missing, Money } from "../../components/Figures";

/** What a run drafted, one currency below the other. */
export function RunTotals({ totals }: { totals: RunTotal[] }) {
  if (totals.length === 0) return <Missing>nothing drafted</Missing>;
  return totals.map(({ currency, grossTotal }) => (
    <div key={currency}>
      <Money value={grossTotal} currency={currency} />
    </div>
  ));
}
