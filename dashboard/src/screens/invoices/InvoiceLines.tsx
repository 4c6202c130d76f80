import { ActionIcon, Anchor, Skeleton } from "@mantine/core";
import { useSet } from "@mantine/hooks";
import { IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { Link } from "react-router";

import { invoiceGroups, invoiceLines } from "../../api/invoices";
import { totalsExplanation } from "../../api/shares";
import type { Adjustment, Invoice, LineItem, LineItemGroup } from "../../api/types";
import { ScrollX } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { ExplainButton } from "../../components/ExplainButton";
import { Missing, Money } from "../../components/Figures";
import { periodText } from "../../components/format";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { percentText, rateName, TAX_REASONS } from "../../components/taxText";
import { useParam } from "../../components/useFilters";
import { ExplainDrawer } from "./ExplainDrawer";
import { groupLines } from "./groupLines";
import { hasOneRate, LineQuantity, LineRate } from "./LineFigures";
import { SegmentRows } from "./SegmentRows";
import { TotalsDrawer } from "./TotalsDrawer";
import { TotalRow } from "./TotalRow";

/** What the address says where the total is explained, and no line. */
const TOTAL = "total";

/** The lines by group, each opening into the segments that made its amount; then the totals. */
export function InvoiceLines({ invoice }: { invoice: Invoice }) {
  const groups = useQuery(invoiceGroups(invoice.id));
  const lines = useQuery(invoiceLines(invoice.id));
  const [explained, setExplained] = useParam("explain");
  const error = groups.error ?? lines.error;
  return (
    <Panel title="Lines" flush>
      {explained === TOTAL && (
        <TotalsDrawer
          invoiceId={invoice.id}
          onLine={setExplained}
          onClose={() => setExplained(null)}
        />
      )}
      {explained && explained !== TOTAL && (
        <ExplainDrawer
          invoiceId={invoice.id}
          lineId={explained}
          currency={invoice.currency}
          onClose={() => setExplained(null)}
        />
      )}
      {error ? (
        <div className="panel-body">
          <ProblemAlert error={error} />
        </div>
      ) : !groups.data || !lines.data ? (
        <div className="panel-body">
          <Skeleton height={120} />
        </div>
      ) : lines.data.length === 0 ? (
        <Empty title="Nothing to charge">No price had anything due in this period.</Empty>
      ) : (
        <LinesTable invoice={invoice} groups={groups.data} lines={lines.data} />
      )}
    </Panel>
  );
}

type TableProps = { invoice: Invoice; groups: LineItemGroup[]; lines: LineItem[] };

function LinesTable({ invoice, groups, lines }: TableProps) {
  const { currency } = invoice;
  const [, setExplained] = useParam("explain");
  const taxed = lines.some(({ taxation }) => taxation && taxation.reason !== "NOT_TAXED");
  const told = useQuery({ ...totalsExplanation(invoice.id), enabled: taxed });
  const sums = (told.data?.taxes ?? []).filter(({ name }) => name);
  return (
    <ScrollX label="Lines">
      <table className="grid-table" aria-label="Lines">
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col" className="end">
              Quantity
            </th>
            <th scope="col" className="end wide-only">
              Rate
            </th>
            {taxed && (
              <th scope="col" className="end wide-only">
                Tax
              </th>
            )}
            <th scope="col" className="end">
              Net
            </th>
          </tr>
        </thead>
        {groupLines(groups, lines).map(({ group, lines: own }) => (
          <GroupRows
            key={group?.id ?? "none"}
            group={group}
            lines={own}
            invoice={invoice}
            taxed={taxed}
          />
        ))}
        <tbody>
          <TotalRow name="Net" taxed={taxed}>
            <Money value={invoice.netTotal} currency={currency} />
          </TotalRow>
          {sums.map((sum) => (
            <TotalRow key={sum.taxRateId ?? sum.reason} name={rateName(sum, sum.taxRate)} taxed={taxed}>
              <Money value={sum.totalTax} currency={currency} />
            </TotalRow>
          ))}
          {sums.length === 0 && (
            <TotalRow name="Tax" taxed={taxed}>
              <Money value={invoice.totalTax} currency={currency} />
            </TotalRow>
          )}
          <TotalRow name="Total" taxed={taxed} strong>
            <ExplainButton what="the total" onClick={() => setExplained(TOTAL)}>
              <Money value={invoice.grossTotal} currency={currency} />
            </ExplainButton>
          </TotalRow>
        </tbody>
      </table>
    </ScrollX>
  );
}

type GroupProps = {
  group: LineItemGroup | null;
  lines: LineItem[];
  invoice: Invoice;
  taxed: boolean;
};

function GroupRows({ group, lines, invoice, taxed }: GroupProps) {
  const open = useSet<string>();
  const toggle = (id: string) => (open.has(id) ? open.delete(id) : open.add(id));
  return (
    <tbody>
      {group && (
        <tr>
          <th scope="rowgroup" colSpan={taxed ? 5 : 4} className="group-title">
            {group.title}
          </th>
        </tr>
      )}
      {lines.map((line) => (
        <Fragment key={line.id}>
          <LineRow
            line={line}
            invoice={invoice}
            taxed={taxed}
            open={open.has(line.id)}
            onToggle={() => toggle(line.id)}
          />
          {open.has(line.id) && (
            <SegmentRows line={line} currency={invoice.currency} indent={44} taxed={taxed} />
          )}
        </Fragment>
      ))}
    </tbody>
  );
}

type RowProps = {
  line: LineItem;
  invoice: Invoice;
  taxed: boolean;
  open: boolean;
  onToggle: () => void;
};

/** Whether the parts say more than the line: not for one part that is the line's rate alone. */
const explained = (line: LineItem) =>
  !hasOneRate(line) || (line.segments ?? []).some(({ from, to }) => from || to);

function LineRow({ line, invoice, taxed, open, onToggle }: RowProps) {
  const { currency, billingPeriod: whole } = invoice;
  // A line tells its period where it is not the invoice's.
  const { servicePeriod: service } = line;
  const [, setExplained] = useParam("explain");
  const usual = service?.startDate === whole?.start && service?.endDate === whole?.endInclusive;
  return (
    <tr>
      <td>
        <span className="line-title">
          {explained(line) ? (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={24}
              mt={-2}
              aria-expanded={open}
              aria-label={`How ${line.title} is priced`}
              onClick={onToggle}
            >
              <IconChevronRight size={15} style={{ transform: open ? "rotate(90deg)" : undefined }} />
            </ActionIcon>
          ) : (
            <span style={{ width: 24, flex: "none" }} />
          )}
          <span>
            {line.title}
            {line.adjusts && <Adjusts adjusts={line.adjusts} />}
            {line.description && <span className="line-note">{line.description}</span>}
            {service && !usual && !line.adjusts && (
              <span className="line-note">{periodText(service.startDate, service.endDate)}</span>
            )}
          </span>
        </span>
      </td>
      <td className="end">
        <LineQuantity line={line} />
      </td>
      <td className="end wide-only">
        <LineRate line={line} currency={currency} />
      </td>
      {taxed && (
        <td className="end wide-only">
          <LineTax line={line} />
        </td>
      )}
      <td className="end">
        <ExplainButton what={line.title} onClick={() => setExplained(line.id)}>
          <Money value={line.netTotal} currency={currency} />
        </ExplainButton>
      </td>
    </tr>
  );
}

/** The line's rate; where there is none, in a word why. */
function LineTax({ line: { taxation, taxRate, adjusts } }: { line: LineItem }) {
  if (!taxation || taxation.name) return percentText(taxRate);
  const missing = !adjusts && (taxation.reason === "MISSING" || taxation.reason === "AMBIGUOUS");
  if (missing) return <span className="no-rate">No rate</span>;
  return <Missing>{TAX_REASONS[taxation.reason]}</Missing>;
}

/** Which invoices an adjustment brings up to date. */
function Adjusts({ adjusts }: { adjusts: Adjustment }) {
  const numbers = new Map(adjusts.lines.map(({ invoiceId, invoiceNumber }) => [invoiceId, invoiceNumber]));
  return (
    <span className="line-note">
      {adjusts.reverses ? "Takes back " : "Adjusts "}
      {[...numbers].map(([id, number], index) => (
        <Fragment key={id}>
          {index > 0 && ", "}
          <Anchor component={Link} to={`/billing/invoices/${id}`} size="xs">
            {number ?? "an invoice"}
          </Anchor>
        </Fragment>
      ))}
    </span>
  );
}
