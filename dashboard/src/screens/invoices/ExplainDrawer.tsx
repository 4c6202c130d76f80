import { Drawer, Skeleton, Stack } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { explanation, invoiceLines } from "../../api/invoices";
import type { AgreedAnew, Explanation, LineItem, LineTax, UsageUsed } from "../../api/types";
import { ScrollX } from "../../components/DataTable";
import { Facts } from "../../components/Facts";
import { Moment, Money, Quantity } from "../../components/Figures";
import { dayText, decimalText, moneyText, periodText, plural } from "../../components/format";
import { ProblemAlert } from "../../components/Problem";
import { percentText, TAX_REASONS } from "../../components/taxText";
import { Measured } from "./Measured";
import { SeatDays } from "./SeatDays";
import { LineQuantity } from "./LineFigures";
import { SegmentRows } from "./SegmentRows";

type Props = { invoiceId: string; lineId: string; currency: string; onClose: () => void };

/** Why a line has its amount: from what was kept when it was calculated, down to its events. */
export function ExplainDrawer({ invoiceId, lineId, currency, onClose }: Props) {
  const query = useInfiniteQuery(explanation(invoiceId, lineId));
  const line = useQuery(invoiceLines(invoiceId)).data?.find(({ id }) => id === lineId);
  const told = query.data?.pages[0];
  const members = query.data?.pages.flatMap((page) => page.usage?.members.items ?? []) ?? [];
  return (
    <Drawer opened onClose={onClose} title={told ? `Explain ${told.title}` : "Explain this number"} size="lg">
      {query.error ? (
        <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      ) : !told ? (
        <Skeleton height={240} aria-label="Loading the explanation" />
      ) : (
        <Stack gap="md">
          <Facts items={facts(told, currency)} />
          {line && <Sum told={told} line={line} currency={currency} />}
          {told.usage?.seats && <SeatDays stretches={told.usage.seats} />}
          {told.usage && (
            <Measured
              usage={told.usage}
              unit={told.unit}
              members={members}
              hasMore={query.hasNextPage}
              busy={query.isFetchingNextPage}
              onMore={() => void query.fetchNextPage()}
            />
          )}
        </Stack>
      )}
    </Drawer>
  );
}

function facts(told: Explanation, currency: string): [string, React.ReactNode][] {
  const { servicePeriod: service, proration, rounding, usage } = told;
  return [
    ["Amount", <Money key="amount" value={told.netTotal} currency={currency} />],
    ...(told.settles
      ? []
      : ([
          ["Rounding", roundingText(rounding, currency)],
          ["Price", `${told.price.name}, as of the calculation`],
        ] as [string, string][])),
    ["Tax", taxText(told.tax, currency)],
    ...(told.adjustment
      ? ([
          [
            "Adjusted",
            `${moneyText(told.adjustment.netTotal, currency)} ` +
              `${told.adjustment.agreedAnew ? "as agreed now" : "by all that is known"}, less ` +
              `${moneyText(told.adjustment.billedNetTotal, currency)} billed before`,
          ],
          ...(told.adjustment.agreedAnew ? [["Why", agreedAnewText(told.adjustment.agreedAnew)]] : []),
        ] as [string, string][])
      : []),
    ["Period", service && periodText(service.startDate, service.endDate)],
    ...(proration
      ? ([["Days", `${proration.days} of ${plural(proration.ofDays, "day")}`]] as [string, string][])
      : []),
    ...(usage
      ? ([
          [
            usage.seats ? "Seat metric" : "Metric",
            (usage.metric.name ?? usage.metric.eventType) + (usage.seats ? "" : ` (${usage.metric.aggregationType})`),
          ],
          ...(usage.metric.percentile ? [["Percentile", usage.metric.percentile]] : []),
          ...(usage.metric.expression ? [["Expression", usage.metric.expression]] : []),
          ...(usage.metric.parameters ?? []).map(({ name, value }) => [`Parameter ${name}`, value]),
          ["Measured", <Quantity key="quantity" value={usage.quantity} unit={told.unit} />],
          ...(usage.tiersBegan ? [["Tiers began", tiersText(usage.tiersBegan)]] : []),
        ] as [string, React.ReactNode][])
      : []),
    ["Calculated", told.calculatedAt && <Moment key="at" value={told.calculatedAt} />],
  ];
}

/** "16 of 31 days given back, 16 – 31 Mar 2026: the schedule was changed on 10 Mar 2026" */
function agreedAnewText({ givenBack, days, ofDays, period, changedAt }: AgreedAnew): string {
  const what = givenBack ? "given back" : "charged after all";
  const when = `the schedule was changed on ${dayText(changedAt)}`;
  return `${days} of ${plural(ofDays, "day")} ${what}, ${periodText(period.startDate, period.endDate)}: ${when}`;
}

/** "20 % of it, 4.00: agreed on the schedule (VAT, version 2)" */
function taxText(tax: LineTax, currency: string): string {
  const why = TAX_REASONS[tax.reason];
  if (!tax.name) return `None: ${why}`;
  const version = tax.taxRateVersion ? `, version ${tax.taxRateVersion}` : "";
  const amount = moneyText(tax.rounded, currency);
  const made = tax.leftToPay
    ? `${amount}: of what is left to pay it falls from ${moneyText(tax.leftToPay.taxBefore, currency)} ` +
      `to ${moneyText(tax.leftToPay.taxAfter, currency)}`
    : `${percentText(tax.taxRate)} is ${amount}`;
  return `${made} (${tax.name}${version}): ${why}`;
}

/** "Above 42, which was used since 1 Jan 2026" */
const tiersText = ({ since, reached }: NonNullable<UsageUsed["tiersBegan"]>) =>
  `Above ${decimalText(reached)}, which was used since ${dayText(since)}`;

function roundingText(rounding: Explanation["rounding"], currency: string): string {
  const [exact, rounded] = [moneyText(rounding.exact, currency), moneyText(rounding.rounded, currency)];
  return exact === rounded ? `None: ${exact} exactly` : `${exact} to ${rounded}, halves away from zero`;
}

/** The parts of the line and what they come to. */
function Sum({ told, line, currency }: { told: Explanation; line: LineItem; currency: string }) {
  return (
    <ScrollX label="How the amount adds up">
      <table className="grid-table" aria-label="How the amount adds up">
        <thead>
          <tr>
            <th scope="col">Priced as</th>
            <th scope="col" className="end">
              Quantity
            </th>
            <th scope="col" className="end wide-only">
              Rate
            </th>
            <th scope="col" className="end">
              Amount
            </th>
          </tr>
        </thead>
        <tbody>
          <SegmentRows line={{ ...line, segments: told.segments }} currency={currency} indent={16} />
          <tr className="total">
            <td>Amount</td>
            <td className="end">
              <LineQuantity line={line} />
            </td>
            <td className="wide-only" />
            <td className="end">
              <Money value={told.netTotal} currency={currency} />
            </td>
          </tr>
        </tbody>
      </table>
    </ScrollX>
  );
}
