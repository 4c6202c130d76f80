import { ActionIcon } from "@mantine/core";
import { IconFileText } from "@tabler/icons-react";
import { Link } from "react-router";

import { statementPath } from "../../api/shares";
import type { Invoice, UsageItemGroup } from "../../api/types";
import { ScrollX } from "../../components/DataTable";
import { ExplainButton } from "../../components/ExplainButton";
import { Money, Quantity } from "../../components/Figures";
import type { MetricColumn } from "./usageRows";

type Props = {
  invoice: Invoice;
  rows: UsageItemGroup[];
  metrics: MetricColumn[];
  billed: Map<string, string>;
  onShare: (customerId: string) => void;
  onTotal: () => void;
};

/** A row for each customer: what it used of each metric, and its share of the invoice. */
export function UsageTable({ invoice, rows, metrics, billed, onShare, onTotal }: Props) {
  const issued = invoice.status === "FINAL" || invoice.status === "SENT";
  return (
    <ScrollX label="Usage breakdown">
      <table className="grid-table" aria-label="Usage breakdown">
        <thead>
          <tr>
            <th scope="col">Customer</th>
            {metrics.map(({ id, title, unit }) => (
              <th key={id} scope="col" className="end">
                {title}
                {unit && `, ${unit}`}
              </th>
            ))}
            <th scope="col" className="end">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className="total">
            <td>Billed together</td>
            {metrics.map(({ id }) => {
              const quantity = billed.get(id);
              return (
                <td key={id} className="end">
                  {quantity !== undefined && <Quantity value={quantity} />}
                </td>
              );
            })}
            <td className="end">
              <ExplainButton what="what all share" onClick={onTotal}>
                <Money value={invoice.netTotal} currency={invoice.currency} />
              </ExplainButton>
            </td>
          </tr>
        </tbody>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} data-link title={row.pathNames?.join(" / ")}>
              <td style={{ paddingLeft: 16 + row.depth * 20 }}>
                <Link className="row-link" to={`/customers/${row.customerId}`}>
                  {row.title}
                </Link>
                {issued && (
                  <ActionIcon
                    component={Link}
                    to={statementPath(row.customerId, invoice.id, row.netTotal === undefined)}
                    className="above-link"
                    variant="subtle"
                    color="gray"
                    size={24}
                    ml={4}
                    my={-3}
                    aria-label={`Statement of ${row.title}`}
                  >
                    <IconFileText size={15} />
                  </ActionIcon>
                )}
              </td>
              {metrics.map(({ id }) => {
                const item = row.items.find(({ usageMetricId }) => usageMetricId === id);
                return (
                  <td key={id} className="end">
                    {item && <Quantity value={item.value} />}
                  </td>
                );
              })}
              <td className="end">
                {row.netTotal !== undefined && (
                  <span className="above-link">
                    <ExplainButton
                      what={`the share of ${row.title}`}
                      onClick={() => onShare(row.customerId)}
                    >
                      <Money value={row.netTotal} currency={invoice.currency} />
                    </ExplainButton>
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}
