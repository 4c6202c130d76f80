import type { ReactNode } from "react";

import type { Phase, Price, Schedule, SeatDiscountType } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Facts } from "../../components/Facts";
import { dayText, moneyText, periodText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { percentText } from "../../components/taxText";
import { PriceDetail } from "../products/PriceDetail";
import { cadenceText, modelName, rateText } from "../products/priceText";
import { MilestoneButton } from "./MilestoneButton";
import { grantText } from "./form/phaseGrantForm";
import { phaseName } from "./phaseName";
import { mayStop } from "./stopping";

const PRICE_COLUMNS: Column<Price>[] = [
  { title: "Name", cell: (row) => <PriceDetail price={row} /> },
  { title: "Model", cell: modelName },
  { title: "Billed", cell: cadenceText, wideOnly: true },
  { title: "Rate", cell: rateText, end: true },
  { title: "Currency", cell: (row) => row.currency },
];

type Props = { shown: Schedule; phase: Phase; index: number };

/** The prices, discounts, minimums and credit grants of a phase. */
export function PhasePanel({ shown, phase, index }: Props) {
  const { prices, phases } = shown;
  const reachable = phase.milestone && phase.startDate && mayStop(shown);
  const title = `${phaseName(phase, index)}, ${daysText(phase)}`;
  return (
    <Panel
      title={title}
      actions={
        reachable && <MilestoneButton shown={shown} phase={phase} last={index === phases.length - 1} />
      }
      flush
    >
      <DataTable
        label={`Prices of ${title}`}
        columns={PRICE_COLUMNS}
        rows={prices.filter(({ id }) => phase.priceIds.includes(id))}
        rowKey={(row) => row.id}
        empty={<Empty title="No prices in this phase" />}
      />
      {phase.discounts.length + phase.minimums.length + phase.creditGrants.length > 0 && (
        <div className="panel-body">
          <Facts items={settled(phase, prices)} />
        </div>
      )}
    </Panel>
  );
}

/** When a phase is, or what it waits for. */
function daysText({ startDate, endDate, milestone }: Phase): string {
  if (!startDate) return "once the milestone before it is reached";
  if (!milestone) return periodText(startDate, endDate);
  return endDate
    ? `${periodText(startDate, endDate)} (${milestone})`
    : `from ${dayText(startDate)} until ${milestone}`;
}

const OF_SEATS: Record<SeatDiscountType, string> = {
  ALL_SEATS: "",
  INCLUDED_SEATS_ONLY: ", contracted seats only",
  OVERAGE_SEATS_ONLY: ", only seats above those contracted",
};

/** The discounts, minimums and credit grants of a phase, each with the prices that it is restricted to. */
function settled({ discounts, minimums, creditGrants }: Phase, prices: Price[]): [string, ReactNode][] {
  const currency = prices[0]?.currency ?? "";
  const of = (ids: string[] = []) =>
    ids.length ? ` of ${prices.filter(({ id }) => ids.includes(id)).map(({ name }) => name).join(", ")}` : "";
  return [
    ...discounts.map(({ type, amount, message, restrictToPrices, separateLineItem, ...discount }): [string, ReactNode] => [
      message || "Discount",
      (type === "NOMINAL" ? moneyText(String(amount), currency) : percentText(String(amount))) +
        of(restrictToPrices) +
        OF_SEATS[discount.seatDiscountType ?? "ALL_SEATS"] +
        (separateLineItem ? ", as a line of its own" : ""),
    ]),
    ...minimums.map(({ amount, restrictToPrices }): [string, ReactNode] => [
      "Minimum",
      moneyText(String(amount), currency) + of(restrictToPrices),
    ]),
    ...creditGrants.map((grant): [string, ReactNode] => [
      grant.name,
      grantText(grant, currency) + of(grant.restrictToPrices),
    ]),
  ];
}
