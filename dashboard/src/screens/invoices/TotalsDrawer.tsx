import { Anchor, Drawer, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { totalsExplanation } from "../../api/shares";
import type { TotalsExplanation } from "../../api/types";
import { ScrollX } from "../../components/DataTable";
import { Facts } from "../../components/Facts";
import { Moment, Money } from "../../components/Figures";
import { decimalText, moneyText, plural } from "../../components/format";
import { ProblemAlert } from "../../components/Problem";
import { rateName } from "../../components/taxText";

type Props = { invoiceId: string; onLine: (lineId: string) => void; onClose: () => void };

const STEPS: Record<TotalsExplanation["steps"][number]["step"], string> = {
  CHARGES: "Charges",
  DISCOUNTS: "Discounts",
  MINIMUMS: "Minimums",
  CREDITS: "Credits",
  TAX: "Tax",
};

/** Why an invoice has its totals: every line with its own rounding, groups, and the steps to the end. */
export function TotalsDrawer({ invoiceId, onLine, onClose }: Props) {
  const { data: told, error, refetch } = useQuery(totalsExplanation(invoiceId));
  return (
    <Drawer opened onClose={onClose} title="Explain the total" size="lg">
      {error ? (
        <ProblemAlert error={error} onRetry={() => void refetch()} />
      ) : !told ? (
        <Skeleton height={240} aria-label="Loading the explanation" />
      ) : (
        <Stack gap="md">
          <Facts items={facts(told)} />
          <Sums told={told} onLine={onLine} />
          <Text size="sm" c="dimmed">
            Each line is rounded once, by itself, halves away from zero; all else is adding up. Choose a line to
            see how it came about.
          </Text>
        </Stack>
      )}
    </Drawer>
  );
}

function facts(told: TotalsExplanation): [string, React.ReactNode][] {
  const lines = told.groups.flatMap((group) => group.lines);
  return [
    ["Total", <Money key="total" value={told.grossTotal} currency={told.currency} />],
    ["Made of", `${plural(lines.length, "line")} in ${plural(told.groups.length, "group")}`],
    [
      "Rounded",
      `${decimalText(told.rounding.exact)} to ${moneyText(told.rounding.rounded, told.currency)}, line by line`,
    ],
    ["Calculated", told.calculatedAt && <Moment key="at" value={told.calculatedAt} />],
    ["Tree as known at", told.treeKnownAt && <Moment key="tree" value={told.treeKnownAt} />],
  ];
}

function Sums({ told, onLine }: { told: TotalsExplanation; onLine: (lineId: string) => void }) {
  const { currency } = told;
  return (
    <ScrollX label="How the total adds up">
      <table className="grid-table" aria-label="How the total adds up">
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col" className="end">
              Exactly
            </th>
            <th scope="col" className="end">
              Net
            </th>
          </tr>
        </thead>
        {told.groups.map((group) => (
          <tbody key={group.groupId}>
            <tr>
              <th scope="rowgroup" className="group-title" colSpan={2}>
                {group.title}
              </th>
              <td className="end group-sum">
                <Money value={group.netTotal} currency={currency} />
              </td>
            </tr>
            {group.lines.map((line) => (
              <tr key={line.lineItemId} className="sub">
                <td>
                  <Anchor component="button" size="sm" ta="left" onClick={() => onLine(line.lineItemId)}>
                    {line.title}
                  </Anchor>
                </td>
                <td className="end">{moneyText(line.exact, currency)}</td>
                <td className="end">
                  <Money value={line.netTotal} currency={currency} />
                </td>
              </tr>
            ))}
          </tbody>
        ))}
        <tbody>
          {told.steps.map(({ step, amount }) => (
            <tr key={step}>
              <td colSpan={2}>{STEPS[step]}</td>
              <td className="end">
                <Money value={amount} currency={currency} />
              </td>
            </tr>
          ))}
          {told.taxes
            .filter(({ name }) => name)
            .map((tax) => (
              <tr key={tax.taxRateId} className="sub">
                <td colSpan={2}>
                  {rateName(tax, tax.taxRate)} of {moneyText(tax.netTotal, currency)}
                </td>
                <td className="end">
                  <Money value={tax.totalTax} currency={currency} />
                </td>
              </tr>
            ))}
          <tr className="total">
            <td colSpan={2}>Total</td>
            <td className="end">
              <Money value={told.grossTotal} currency={currency} />
            </td>
          </tr>
        </tbody>
      </table>
    </ScrollX>
  );
}
