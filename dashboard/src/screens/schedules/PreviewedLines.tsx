import type { LineItem, PreviewedInvoice } from "../../api/types";
import { ScrollX } from "../../components/DataTable";
import { Money } from "../../components/Figures";
import { groupLines } from "../invoices/groupLines";
import { LineQuantity, LineRate } from "../invoices/LineFigures";
import { SegmentRows } from "../invoices/SegmentRows";
import { TotalRow } from "../invoices/TotalRow";

type Props = { invoice: PreviewedInvoice; label: string };

/** The lines of an invoice that is not there, each above the tiers that make its amount. */
export function PreviewedLines({ invoice, label }: Props) {
  const { currency, lineItemGroups, lineItems } = invoice;
  return (
    <ScrollX label={label}>
      <table className="grid-table" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col" className="end">
              Quantity
            </th>
            <th scope="col" className="end wide-only">
              Rate
            </th>
            <th scope="col" className="end">
              Net
            </th>
          </tr>
        </thead>
        {groupLines(lineItemGroups, lineItems).map(({ group, lines }) => (
          <tbody key={group?.id ?? "none"}>
            {group && (
              <tr>
                <th scope="rowgroup" colSpan={4} className="group-title">
                  {group.title}
                </th>
              </tr>
            )}
            {lines.map((line) => (
              <LineRows key={line.id} line={line} currency={currency} />
            ))}
          </tbody>
        ))}
        <tbody>
          <TotalRow name="Net">
            <Money value={invoice.netTotal} currency={currency} />
          </TotalRow>
          <TotalRow name="Tax">
            <Money value={invoice.totalTax} currency={currency} />
          </TotalRow>
          <TotalRow name="Total" strong>
            <Money value={invoice.grossTotal} currency={currency} />
          </TotalRow>
        </tbody>
      </table>
    </ScrollX>
  );
}

function LineRows({ line, currency }: { line: LineItem; currency: string }) {
  const tiered = (line.segments ?? []).some(({ from, to }) => from || to);
  return (
    <>
      <tr>
        <td>{line.title}</td>
        <td className="end">
          <LineQuantity line={line} />
        </td>
        <td className="end wide-only">
          <LineRate line={line} currency={currency} />
        </td>
        <td className="end">
          <Money value={line.netTotal} currency={currency} />
        </td>
      </tr>
      {tiered && <SegmentRows line={line} currency={currency} indent={32} />}
    </>
  );
}
