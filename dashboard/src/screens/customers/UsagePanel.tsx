import { Group, SegmentedControl, Skeleton, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";

import { everyMetric, usage } from "../../api/usage";
import type { UsageBucket } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Quantity } from "../../components/Figures";
import { FilterText } from "../../components/FilterText";
import { decimalText, monthStart, monthText, nextDay, today } from "../../components/format";
import { MetricSelect } from "../../components/MetricSelect";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { useFilters } from "../../components/useFilters";

const UsageChart = lazy(() => import("../../components/UsageChart"));

/** Usage per month of the customer, alone or with everyone below it. */
export function UsagePanel({ customerId }: { customerId: string }) {
  const { values, set } = useFilters(["metric", "alone", "from", "to", "show"] as const);
  const metrics = useQuery(everyMetric);
  const metricId = values.metric || (metrics.data?.at(-1)?.id ?? "");
  const metric = metrics.data?.find(({ id }) => id === metricId);
  const window = lastYear(today());
  const chosen = values.from !== "" || values.to !== "";
  const whose = { customerIds: [customerId], includeDescendants: values.alone !== "true" };
  const recent = useQuery(usage(metricId, { ...whose, ...window, bucket: "month" }));
  // Without any usage in the last year, the last year that has some is shown.
  const idle = !chosen && recent.data?.items.every(unused);
  const ever = useQuery({
    ...usage(metricId, {
      ...whose,
      from: monthStart(window.from, -MONTHS_BACK),
      to: window.to,
      bucket: "month",
    }),
    enabled: idle === true && metricId !== "",
  });
  const looking = idle === true && ever.isPending;
  const last = idle ? ever.data?.items.findLast((month) => !unused(month)) : undefined;
  const shown = last ? lastYear(last.periodStart) : window;
  const from = values.from || shown.from;
  const to = values.to || shown.to;
  const found = useQuery({
    ...usage(metricId, { ...whose, from, to, bucket: "month" }),
    enabled: metricId !== "" && !looking,
  });
  const buckets = found.data?.items;
  return (
    <Panel
      title="Usage per month"
      actions={
        <SegmentedControl
          aria-label="Show usage as"
          size="xs"
          value={values.show || "chart"}
          onChange={(value) => set("show", value === "chart" ? null : value)}
          data={[
            { value: "chart", label: "Chart" },
            { value: "table", label: "Table" },
          ]}
        />
      }
    >
      {metrics.data?.length === 0 ? (
        <Empty title="No usage metrics yet">
          A usage metric says what is counted. Add one with Add new → Usage metric.
        </Empty>
      ) : (
        <>
          <Group gap="sm" align="flex-end" mb="md">
            <MetricSelect
              label="Metric"
              w={220}
              allowDeselect={false}
              value={metricId || null}
              onChange={(value) => set("metric", value)}
            />
            <FilterText
              label="From"
              type="date"
              value={from}
              onChange={(day) => set("from", day)}
            />
            <FilterText
              label="To"
              type="date"
              value={to}
              onChange={(day) => set("to", day)}
            />
            <Switch
              label="Include children"
              mb={8}
              checked={values.alone !== "true"}
              onChange={(event) => set("alone", event.currentTarget.checked ? null : "true")}
            />
          </Group>
          {metric && metric.parameters.length > 0 && (
            <Text size="xs" c="dimmed" mb="sm">
              With {metric.parameters.map((one) => `${one.name} = ${decimalText(one.defaultValue)}`).join(", ")}
              ; a price may set others.
            </Text>
          )}
          {found.error ? (
            <ProblemAlert error={found.error} onRetry={() => void found.refetch()} />
          ) : !buckets || looking ? (
            <Skeleton height={240} />
          ) : buckets.every(unused) ? (
            <Empty title={chosen ? "No usage in this period" : "No usage yet"}>
              {metric?.name} of this customer
              {values.alone !== "true" && " and everyone below it"}, month by month, appears here.
            </Empty>
          ) : values.show === "table" ? (
            <UsageTable buckets={buckets} unit={metric?.unit} />
          ) : (
            <Suspense fallback={<Skeleton height={240} />}>
              <UsageChart
                buckets={buckets}
                unit={metric?.unit}
                label={`${metric?.name ?? "Usage"} per month; the same figures are in the table view.`}
              />
            </Suspense>
          )}
        </>
      )}
    </Panel>
  );
}

/** How far back the latest usage is looked for: twenty years. */
const MONTHS_BACK = 240;

const unused = ({ eventCount }: UsageBucket) => Number(eventCount) === 0;

/** The twelve calendar months that end with the one the day lies in. */
const lastYear = (day: string) => ({
  from: monthStart(day, -11),
  to: nextDay(monthStart(day, 1), -1),
});

function UsageTable({ buckets, unit }: { buckets: UsageBucket[]; unit?: string }) {
  const columns: Column<UsageBucket>[] = [
    { title: "Month", cell: (row) => monthText(row.periodStart) },
    { title: "Usage", cell: (row) => <Quantity value={row.value} unit={unit} />, end: true },
    { title: "Events", cell: (row) => decimalText(row.eventCount), end: true },
  ];
  return (
    <DataTable
      label="Usage per month"
      columns={columns}
      rows={buckets}
      rowKey={(row) => row.periodStart}
      empty={<Empty title="No usage in this period" />}
    />
  );
}
