import type { ReactNode } from "react";

import type { Phase, Price } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Facts } from "../../components/Facts";
import { moneyText, periodText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { percentText } from "../../components/taxText";
import { PriceDetail } from "../products/PriceDetail";
import { cadenceText, modelName, rateText } from "../products/priceText";
import { phaseName } from "./phaseName";

const PRICE_COLUMNS: Column<Price>[] = [
  { title: "Name", cell: (row) => <PriceDetail price={row} /> },
  { title: "Model", cell: modelName },
  { title: "Billed", cell: cadenceText, wideOnly: true },
  { title: "Rate", cell: rateText, end: true },
  { title: "Currency", cell: (row) => row.currency },
];

type Props = { phase: Phase; index: number; prices: Price[] };

/** The prices, discounts and minimums of a phase. */
export function PhasePanel({ phase, index, prices }: Props) {
  const title = `${phaseName(phase, index)}, ${periodText(phase.startDate, phase.endDate)}`;
  return (
    <Panel title={title} flush>
      <DataTable
        label={`Prices of ${title}`}
        columns={PRICE_COLUMNS}
        rows={prices.filter(({ id }) => phase.priceIds.includes(id))}
        rowKey={(row) => row.id}
        empty={<Empty title="No prices in this phase" />}
      />
      {phase.discounts.length + phase.minimums.length > 0 && (
        <div className="panel-body">
          <Facts items={settled(phase, prices)} />
        </div>
      )}
    </Panel>
  );
}

/** The discounts and minimums of a phase, each with the prices that it is restricted to. */
function settled({ discounts, minimums }: Phase, prices: Price[]): [string, ReactNode][] {
  const currency = prices[0]?.currency ?? "";
  const of = (ids: string[] = []) =>
    ids.length ? ` of ${prices.filter(({ id }) => ids.includes(id)).map(({ name }) => name).join(", ")}` : "";
  return [
    ...discounts.map(({ type, amount, message, restrictToPrices, separateLineItem }): [string, ReactNode] => [
      message || "Discount",
      (type === "NOMINAL" ? moneyText(String(amount), currency) : percentText(String(amount))) +
        of(restrictToPrices) +
        (separateLineItem ? ", as a line of its own" : ""),
    ]),
    ...minimums.map(({ amount, restrictToPrices }): [string, ReactNode] => [
      "Minimum",
      moneyText(String(amount), currency) + of(restrictToPrices),
    ]),
  ];
}
