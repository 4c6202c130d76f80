import { Anchor, Button, Stack, Text } from "@mantine/core";
import { Link } from "react-router";

import type { BackfillCounts, BackfillPreview, PreviewedAdjustment } from "../../../api/types";
import { AmountHeads, Amounts, PayerChanges } from "../../../components/BillChanges";
import { ScrollX } from "../../../components/DataTable";
import { Money } from "../../../components/Figures";
import { decimalText, periodText, plural } from "../../../components/format";
import { Panel } from "../../../components/Panel";
import { EventCounts } from "./EventCounts";

type Props = { found: BackfillPreview; stale: boolean; busy: boolean; onFill: () => void };

/** What filling the window would do to events and to bills. */
export function Effects({ found, stale, busy, onFill }: Props) {
  const { added, replaced, cancelled } = found.events;
  const nothing = added + replaced + cancelled === 0;
  return (
    <Panel title="What it does">
      <Stack gap="md" aria-live="polite">
        <EventCounts counts={found.events} />
        {nothing ? (
          <Text size="sm">The window has exactly these events already.</Text>
        ) : (
          <>
            <Bills found={found} />
            {stale ? (
              <Text size="sm" c="dimmed">
                The window or its events have changed since. Preview them again to go on.
              </Text>
            ) : (
              <Button onClick={onFill} loading={busy} style={{ alignSelf: "flex-start" }}>
                {deeds(found.events)}
              </Button>
            )}
          </>
        )}
      </Stack>
    </Panel>
  );
}

/** "Add 2 events, cancel 1" */
function deeds({ added, replaced, cancelled }: BackfillCounts): string {
  const parts = Object.entries({ Add: added, Replace: replaced, Cancel: cancelled })
    .filter(([, count]) => count > 0)
    .map(([deed, count], place) =>
      place ? `${deed.toLowerCase()} ${decimalText(count)}` : `${deed} ${plural(count, "event")}`,
    );
  return parts.join(", ");
}

function Bills({ found: { payers, adjustments } }: { found: BackfillPreview }) {
  if (payers.length + adjustments.length === 0) {
    return <Text size="sm">No bill changes.</Text>;
  }
  return (
    <>
      {payers.length > 0 && (
        <section aria-label="Not issued yet">
          <Text fw={600} size="sm" mb={4}>
            Not issued yet
          </Text>
          <PayerChanges payers={payers} />
        </section>
      )}
      {adjustments.length > 0 && (
        <section aria-label="Adjustments of final invoices">
          <Text fw={600} size="sm" mb={4}>
            Adjustments of final invoices, on the next ones
          </Text>
          <Adjustments adjustments={adjustments} />
        </section>
      )}
    </>
  );
}

function Adjustments({ adjustments }: { adjustments: PreviewedAdjustment[] }) {
  return (
    <ScrollX label="Adjustments">
      <table className="grid-table" aria-label="Adjustments">
        <thead>
          <tr>
            <th scope="col">Customer and line</th>
            <th scope="col" className="end">
              Billed
            </th>
            <AmountHeads />
          </tr>
        </thead>
        <tbody>
          {adjustments.map((one) => (
            <tr key={`${one.billingScheduleId}${one.priceId}${one.servicePeriod.start}`}>
              <td>
                {one.name}
                <Text size="xs" c="dimmed">
                  {one.title.split(" – adjustment")[0]},{" "}
                  {periodText(one.servicePeriod.start, one.servicePeriod.endInclusive)}
                  <InvoiceLinks lines={one.lines} />
                </Text>
              </td>
              <td className="end">
                <Money value={one.billed} currency={one.currency} />
              </td>
              <Amounts of={one} currency={one.currency} />
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function InvoiceLinks({ lines }: Pick<PreviewedAdjustment, "lines">) {
  return lines.map(({ lineItemId, invoiceId, invoiceNumber }) => (
    <span key={lineItemId}>
      {", "}
      <Anchor component={Link} to={`/billing/invoices/${invoiceId}`} size="xs">
        {invoiceNumber ?? "invoice"}
      </Anchor>
    </span>
  ));
}
