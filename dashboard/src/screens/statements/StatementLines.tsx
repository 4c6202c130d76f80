import { Drawer } from "@mantine/core";

import type { StatementOf } from "../../api/shares";
import type { Statement, StatementLine } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { ExplainButton } from "../../components/ExplainButton";
import { Missing, Money, Quantity } from "../../components/Figures";
import { periodText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { useParam } from "../../components/useFilters";
import { ShareWorking } from "../invoices/ShareWorking";

/** The share of each line, which explains itself. */
export function StatementLines({ shown, asked }: { shown: Statement; asked: StatementOf }) {
  const [lineId, explain] = useParam("explain");
  const explained = shown.lines.find(({ lineItemId }) => lineItemId === lineId);
  return (
    <Panel title="Share of each line" flush>
      <DataTable
        label="Share of each line"
        columns={columns(shown, explain)}
        rows={shown.lines}
        rowKey={(row) => row.lineItemId}
        empty={<Empty title="No share">All lines of this invoice are borne by others.</Empty>}
      />
      {explained && (
        <Drawer
          opened
          onClose={() => explain(null)}
          title={`Share of ${shown.customerName} in ${explained.title}`}
          size="lg"
        >
          <ShareWorking {...asked} lineId={explained.lineItemId} />
        </Drawer>
      )}
    </Panel>
  );
}

function columns(shown: Statement, explain: (lineId: string) => void): Column<StatementLine>[] {
  const { currency, billingPeriod: whole } = shown;
  return [
    {
      title: "Line",
      cell: ({ title, servicePeriod: service }) => {
        const usual = service?.startDate === whole?.start && service?.endDate === whole?.endInclusive;
        return (
          <>
            {title}
            {service && !usual && (
              <span className="line-note">{periodText(service.startDate, service.endDate)}</span>
            )}
          </>
        );
      },
    },
    {
      title: "Used",
      end: true,
      cell: ({ quantity, unit }) =>
        quantity === undefined ? <Missing>no sum</Missing> : <Quantity value={quantity} unit={unit} />,
    },
    {
      title: "Share",
      end: true,
      cell: (row) => (
        <ExplainButton what={`the share of ${row.title}`} onClick={() => explain(row.lineItemId)}>
          <Money value={row.netTotal} currency={currency} />
        </ExplainButton>
      ),
    },
  ];
}
