import { Drawer, Skeleton, Stack, Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { invoiceLines } from "../../api/invoices";
import { allocations } from "../../api/shares";
import type { Allocation, Invoice, LineItem, Method } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Missing, Money, Quantity } from "../../components/Figures";
import { MethodSwitch } from "../../components/MethodSwitch";
import { ProblemAlert } from "../../components/Problem";
import { useParam } from "../../components/useFilters";
import { ShareWorking } from "./ShareWorking";

type Props = {
  invoice: Invoice;
  customerId: string;
  name: string;
  method: Method;
  onMethod: (method: Method) => void;
  onClose: () => void;
};

/** What a customer has of each line, and how the chosen one of these shares came about. */
export function ShareDrawer({ invoice, customerId, name, method, onMethod, onClose }: Props) {
  const shares = useQuery(allocations(invoice.id, customerId, method));
  const lines = useQuery(invoiceLines(invoice.id));
  const [wanted, choose] = useParam("line");
  const error = shares.error ?? lines.error;
  const known = new Map(lines.data?.map((line) => [line.id, line]));
  const rows = shares.data ?? [];
  const chosen = rows.find(({ lineItemId }) => lineItemId === wanted) ?? rows[0];
  return (
    <Drawer opened onClose={onClose} title={`Share of ${name}`} size="lg">
      {error ? (
        <ProblemAlert error={error} onRetry={() => void shares.refetch()} />
      ) : !shares.data || !lines.data ? (
        <Skeleton height={240} aria-label="Loading the shares" />
      ) : (
        <Stack gap="md">
          <div>
            <MethodSwitch method={method} onChange={onMethod} />
          </div>
          <DataTable
            label="Share of each line"
            columns={columns(known, chosen?.lineItemId, invoice.currency, choose)}
            rows={rows}
            rowKey={(row) => row.lineItemId}
          />
          {chosen && (
            <section aria-labelledby="how">
              <Title order={3} size="sm" mb="xs" id="how">
                How the share of {known.get(chosen.lineItemId)?.title} came about
              </Title>
              <ShareWorking
                invoiceId={invoice.id}
                lineId={chosen.lineItemId}
                customerId={customerId}
                method={method}
                includeDescendants={false}
              />
            </section>
          )}
        </Stack>
      )}
    </Drawer>
  );
}

function columns(
  lines: Map<string, LineItem>,
  chosen: string | undefined,
  currency: string,
  choose: (lineId: string) => void,
): Column<Allocation>[] {
  return [
    {
      title: "Line",
      cell: ({ lineItemId: id }) => (
        <UnstyledButton className="choice" aria-pressed={id === chosen} onClick={() => choose(id)}>
          {lines.get(id)?.title ?? id}
        </UnstyledButton>
      ),
    },
    {
      title: "Used",
      end: true,
      cell: ({ lineItemId: id, quantity }) =>
        lines.get(id)?.settles ? <Missing /> : <Quantity value={quantity} unit={lines.get(id)?.unit} />,
    },
    { title: "Share", end: true, cell: (row) => <Money value={row.netTotal} currency={currency} /> },
  ];
}
