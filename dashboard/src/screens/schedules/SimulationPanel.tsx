import { Button, Group, Select, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import type { Problem } from "../../api/http";
import { simulate } from "../../api/schedules";
import type { Price, PreviewedInvoice, Simulation, SupposedUsage } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Money } from "../../components/Figures";
import { decimalText, nextDay, monthStart, periodText, today } from "../../components/format";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";

const UsageChart = lazy(() => import("../../components/UsageChart"));
/** How many months are simulated unless somebody asks for more. */
const USUAL = 12;
const REACHES = ["12", "24", "36"].map((value) => ({ value, label: `${value} months` }));

type Props = { id: string; startDate: string; prices: Price[] };

/** The invoices of the months to come, by last month's usage or by what is typed. */
export function SimulationPanel({ id, startDate, prices }: Props) {
  const [months, setMonths] = useState(String(USUAL));
  const [typed, setTyped] = useState<Record<string, string>>({});
  const result = useMutation<Simulation, Problem>({
    mutationFn: () => simulate(id, { until: lastDay(startDate, Number(months)), usage: given(typed) }),
  });
  const { data } = result;
  return (
    <Panel title="Simulate" flush>
      <form
        className="panel-body"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          result.mutate();
        }}
      >
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            The invoices of the months to come. Up to today counts what was used; after that each
            month is as the last full one, unless another quantity is given. Nothing is written.
          </Text>
          <Group align="flex-end" gap="sm">
            <Select
              label="How far"
              w={140}
              data={REACHES}
              value={months}
              allowDeselect={false}
              onChange={(value) => setMonths(value ?? String(USUAL))}
            />
            {data?.usage.map((one) => (
              <TextInput
                key={one.priceIds[0]}
                label={`${nameOf(one, prices)} a month`}
                placeholder={decimalText(one.lastMonth)}
                inputMode="decimal"
                w={180}
                value={typed[one.priceIds[0] ?? ""] ?? ""}
                onChange={({ currentTarget: { value } }) =>
                  setTyped((known) => ({ ...known, [one.priceIds[0] ?? ""]: value }))
                }
              />
            ))}
            <Button type="submit" loading={result.isPending}>
              Simulate
            </Button>
          </Group>
          <ProblemAlert error={result.error} />
        </Stack>
      </form>
      {data && <Result found={data} />}
    </Panel>
  );
}

const COLUMNS: Column<PreviewedInvoice>[] = [
  { title: "Due", cell: (row) => <Day value={row.dueOn} /> },
  {
    title: "Period",
    cell: ({ billingPeriod: period }) => period && periodText(period.start, period.endInclusive),
  },
  { title: "Net", cell: (row) => <Money value={row.netTotal} currency={row.currency} />, end: true, wideOnly: true },
  { title: "Tax", cell: (row) => <Money value={row.totalTax} currency={row.currency} />, end: true, wideOnly: true },
  { title: "Total", cell: (row) => <Money value={row.grossTotal} currency={row.currency} />, end: true },
];

function Result({ found }: { found: Simulation }) {
  if (found.invoices.length === 0) {
    return <Empty title="No invoices">Nothing falls due until then.</Empty>;
  }
  const buckets = found.invoices.map(({ dueOn, grossTotal }) => ({
    periodStart: dueOn,
    value: grossTotal,
    eventCount: 0,
  }));
  return (
    <section aria-label="Simulated invoices" aria-live="polite">
      <div className="panel-body">
        <Group gap="lg" mb="xs">
          {found.totals.map(({ currency, grossTotal }) => (
            <Text key={currency} fz={22} fw={650}>
              <Money value={grossTotal} currency={currency} />
            </Text>
          ))}
        </Group>
        <Suspense fallback={<Skeleton height={240} />}>
          <UsageChart
            buckets={buckets}
            unit={found.invoices[0]?.currency}
            label="Total of each simulated invoice by the month it falls due"
          />
        </Suspense>
      </div>
      <DataTable label="Simulated invoices" columns={COLUMNS} rows={found.invoices} rowKey={(row) => row.id} />
    </section>
  );
}

/** The last of so many months from now, or from a start to come, on; the usual ones are left out. */
function lastDay(startDate: string, months: number): string | undefined {
  if (months === USUAL) return undefined;
  const begin = startDate > today() ? startDate : today();
  return nextDay(monthStart(begin, months), Number(begin.slice(8)) > 28 ? -1 : Number(begin.slice(8)) - 2);
}

/** What was typed, by price; what is empty is as last month. */
function given(typed: Record<string, string>): Record<string, string> {
  const filled = Object.entries(typed).map(([price, value]) => [price, value.trim()] as const);
  return Object.fromEntries(filled.filter(([, value]) => value));
}

function nameOf({ priceIds }: SupposedUsage, prices: Price[]): string {
  return prices.find(({ id }) => id === priceIds[0])?.name ?? "Usage";
}
