import { Button, Group, Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { deleteMetric, metric, metricList } from "../../api/usage";
import type { Metric } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Missing } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { ListTable } from "../../components/ListTable";
import { useFilters, useParam } from "../../components/useFilters";
import { AGGREGATIONS, aggregationText, filtersText } from "./metricForm";
import { MetricDrawer } from "./MetricDrawer";
import { PreviewDrawer } from "./PreviewDrawer";

export function MetricsTab() {
  const { values, cursor, set, go, clear, active } = useFilters([
    "name",
    "eventType",
    "aggregationType",
  ] as const);
  const [, setNew] = useParam("new");
  const [previewing, setPreview] = useParam("preview");
  const [editing, setEdit] = useParam("edit");
  const list = useQuery({
    ...metricList({ ...values, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const opened = useQuery(metric(previewing ?? editing ?? ""));

  const columns: Column<Metric>[] = [
    { title: "Name", cell: (row) => row.name },
    { title: "Event type", cell: (row) => row.eventType },
    { title: "Measures", cell: aggregationText },
    { title: "Only where", cell: (row) => filtersText(row) || <Missing />, wideOnly: true },
    { title: "Unit", cell: (row) => row.unit ?? <Missing />, wideOnly: true },
    {
      title: "Actions",
      end: true,
      cell: (row) => (
        <Group gap={6} justify="flex-end">
          <Button variant="default" size="compact-xs" onClick={() => setPreview(row.id)}>
            Preview
          </Button>
          <Button variant="default" size="compact-xs" onClick={() => setEdit(row.id)}>
            Edit
          </Button>
          <ConfirmButton
            label="Delete"
            title={`Delete ${row.name}?`}
            doneText={`${row.name} deleted.`}
            act={() => deleteMetric(row.id)}
            danger
            button={{ size: "compact-xs" }}
          >
            A metric that a price uses cannot be deleted. Events are not touched.
          </ConfirmButton>
        </Group>
      ),
    },
  ];

  return (
    <section className="panel" aria-label="Usage metrics">
      <Filters active={active} onClear={clear}>
        <FilterText label="Name" value={values.name} onChange={(text) => set("name", text)} />
        <FilterText
          label="Event type"
          value={values.eventType}
          onChange={(text) => set("eventType", text)}
        />
        <Select
          label="Aggregation"
          clearable
          placeholder="Any"
          data={AGGREGATIONS}
          value={values.aggregationType || null}
          onChange={(value) => set("aggregationType", value)}
        />
      </Filters>
      <ListTable
        list={list}
        onGo={go}
        label="Usage metrics"
        columns={columns}
        rowKey={(row) => row.id}
        empty={
          active ? (
            <Empty title="No metric matches" />
          ) : (
            <Empty
              title="No usage metrics yet"
              action={<Button onClick={() => setNew("metric")}>New usage metric</Button>}
            >
              A metric turns events into a quantity: count them, add up a property, or count its
              distinct values. Usage prices name the metric they charge for.
            </Empty>
          )
        }
      />
      {previewing && opened.data && (
        <PreviewDrawer metric={opened.data} onClose={() => setPreview(null)} />
      )}
      {editing && opened.data && <MetricDrawer metric={opened.data} onClose={() => setEdit(null)} />}
    </section>
  );
}
