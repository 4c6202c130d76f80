import { Anchor } from "@mantine/core";
import { Fragment } from "react";
import { Link } from "react-router";

import type { BillChange, Decimal, PreviewedPayer, PreviewedPeriod } from "../api/types";
import { scheduleSums, totals } from "./billSums";
import { ScrollX } from "./DataTable";
import { Money } from "./Figures";
import { moneyText, periodText } from "./format";
import { statusName } from "./Status";

/** Whose bills that are not issued would be others, period by period. */
export function PayerChanges({ payers }: { payers: PreviewedPayer[] }) {
  return (
    <ScrollX label="Effect on bills">
      <table className="grid-table" aria-label="Effect on bills">
        <thead>
          <tr>
            <th scope="col">Payer and period</th>
            <AmountHeads />
          </tr>
        </thead>
        {payers.map((payer) => (
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
        {payers.length > 1 && (
          <tbody>
            {totals(payers).map((sum) => (
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

/** The heads of `Amounts`. */
export const AmountHeads = () =>
  ["Before", "After", "Change"].map((head) => (
    <th key={head} scope="col" className="end">
      {head}
    </th>
  ));

/** Before, after and change, as cells. */
export function Amounts({ of: { before, after, change }, currency }: { of: BillChange; currency: string }) {
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
