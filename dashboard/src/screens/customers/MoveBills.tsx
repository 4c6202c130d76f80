import { Alert, Anchor, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { Link } from "react-router";

import { movePreview } from "../../api/families";
import type { BillChange, Decimal, MovePreview, PreviewedPeriod } from "../../api/types";
import { ScrollX } from "../../components/DataTable";
import { Money } from "../../components/Figures";
import { moneyText, periodText } from "../../components/format";
import { ProblemAlert } from "../../components/Problem";
import { statusName } from "../../components/Status";
import { scheduleSums, totals } from "./moveSums";

type Props = { customerId: string; parentId: string | null; effectiveFrom: string };

/** Whose bills a move would change, and by how much, before it is made. */
export function MoveBills({ customerId, parentId, effectiveFrom }: Props) {
  const { data, error } = useQuery(movePreview(customerId, parentId, effectiveFrom));
  return (
    <section aria-label="Effect on bills" aria-live="polite">
      <Text fw={600} size="sm" mb={4}>
        Effect on bills
      </Text>
      {error ? <ProblemAlert error={error} /> : data ? <Bills told={data} /> : <Sketch />}
    </section>
  );
}

const Sketch = () => (
  <>
    <Text size="sm" c="dimmed" mb={6}>
      Working out what it does to bills…
    </Text>
    <Skeleton height={48} />
  </>
);

/** Of somebody who stands at the top and is to stay there: the form before anything is chosen. */
const NOTHING_TO_MOVE = "nothing_to_move";

function Bills({ told }: { told: MovePreview }) {
  if (told.refusal?.code === NOTHING_TO_MOVE) {
    return (
      <Text size="sm" c="dimmed">
        The customer stands at the top. Choose a parent to see what the move does to bills.
      </Text>
    );
  }
  return (
    <>
      {told.refusal && (
        <Alert color="orange" variant="outline" className="problem" mb="xs" title="Not possible">
          {told.refusal.detail}
        </Alert>
      )}
      {told.payers.length > 0 ? (
        <Payers told={told} />
      ) : (
        !told.refusal && (
          <Text size="sm" c="dimmed">
            No bill changes by the usage there is so far.
          </Text>
        )
      )}
    </>
  );
}

function Payers({ told }: { told: MovePreview }) {
  return (
    <ScrollX label="Effect on bills">
      <table className="grid-table" aria-label="Effect on bills">
        <thead>
          <tr>
            <th scope="col">Payer and period</th>
            <th scope="col" className="end">
              Before
            </th>
            <th scope="col" className="end">
              After
            </th>
            <th scope="col" className="end">
              Change
            </th>
          </tr>
        </thead>
        {told.payers.map((payer) => (
          <tbody key={`${payer.customerId}${payer.currency}`}>
            <tr className="total">
              <td>{payer.name}</td>
              <Amounts of={payer} currency={payer.currency} />
            </tr>
            {payer.schedules.map((schedule, index) => (
              <Fragment key={schedule.billingScheduleId}>
                {payer.schedules.length > 1 && (
                  <tr>
                    <td>
                      <Anchor component={Link} to={`/billing/schedules/${schedule.billingScheduleId}`} size="sm">
                        Schedule {index + 1}
                      </Anchor>
                    </td>
                    <Amounts of={scheduleSums(schedule)} currency={payer.currency} />
                  </tr>
                )}
                {schedule.periods.map((period) => (
                  <tr key={period.dueOn} className="sub">
                    <td>{periodName(period)}</td>
                    <Amounts of={period} currency={payer.currency} />
                  </tr>
                ))}
              </Fragment>
            ))}
          </tbody>
        ))}
        {told.payers.length > 1 && (
          <tbody>
            {totals(told.payers).map((sum) => (
              <tr key={sum.currency} className="total">
                <td>Together</td>
                <Amounts of={sum} currency={sum.currency} />
              </tr>
            ))}
          </tbody>
        )}
      </table>
    </ScrollX>
  );
}

function Amounts({ of: { before, after, change }, currency }: { of: BillChange; currency: string }) {
  return (
    <>
      <td className="end">
        <Money value={before} currency={currency} />
      </td>
      <td className="end">
        <Money value={after} currency={currency} />
      </td>
      <td className="end money">
        {signed(change, currency)}
      </td>
    </>
  );
}

/** "1.00" -> "+1.00"; nothing has no sign. */
function signed(change: Decimal, currency: string): string {
  const text = moneyText(change, currency);
  return text.startsWith("-") || !/[1-9]/.test(text) ? text : `+${text}`;
}

function periodName({ billingPeriod: { start, endInclusive }, ...period }: PreviewedPeriod): string {
  const days = periodText(start, endInclusive);
  if (period.status === "RUNNING") return `${days}, so far`;
  if (period.status === "UNBILLED") return `${days}, not billed yet`;
  if (period.changes) return `${days}, ${statusName(period.status).toLowerCase()}`;
  return `${days}, ${period.invoiceNumber ?? "invoice"} stays as it is`;
}
