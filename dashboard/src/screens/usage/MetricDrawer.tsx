import { Checkbox, Group, Select, TagsInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { createMetric, updateMetric } from "../../api/usage";
import { useSubmission } from "../../api/submission";
import type { Metric, MetricRequest } from "../../api/types";
import { FormDrawer } from "../../components/FormDrawer";
import { done } from "../../components/notify";
import { RowsFieldset } from "../../components/RowsFieldset";
import { useServerErrors } from "../../components/useServerErrors";
import { ExpressionFields } from "./ExpressionFields";
import {
  AGGREGATIONS,
  metricBody,
  metricErrors,
  metricValues,
  readsProperty,
  type MetricValues,
} from "./metricForm";

type Props = { metric?: Metric; onClose: () => void };

const IS = [
  { value: "is", label: "is one of" },
  { value: "not", label: "is none of" },
];

export function MetricDrawer({ metric, onClose }: Props) {
  const form = useForm<MetricValues>({ initialValues: metricValues(metric), validate: metricErrors });
  const submission = useSubmission<MetricRequest, Metric>(
    (body, key) => (metric ? updateMetric(metric.id, body) : createMetric(body, key)),
    (saved) => {
      done(`${saved.name} ${metric ? "updated" : "added"}.`);
      onClose();
    },
  );
  const placed = useServerErrors(form, submission.error);
  const kind = form.values.aggregationType;
  return (
    <FormDrawer
      title={metric ? "Edit usage metric" : "New usage metric"}
      submitLabel={metric ? "Update" : "Add metric"}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => submission.mutate(metricBody(values)))}
      busy={submission.isPending}
      error={submission.error}
      placed={placed}
    >
      <TextInput label="Metric name" required data-autofocus {...form.getInputProps("name")} />
      <TextInput label="Description" {...form.getInputProps("description")} />
      <Group grow align="flex-start">
        <TextInput label="Event type" required {...form.getInputProps("eventType")} />
        <TextInput label="Unit" placeholder="calls" {...form.getInputProps("unit")} />
      </Group>
      <Group grow align="flex-start">
        <Select
          label="Aggregation"
          required
          allowDeselect={false}
          maxDropdownHeight={360}
          data={AGGREGATIONS}
          {...form.getInputProps("aggregationType")}
        />
        {readsProperty(kind) && (
          <TextInput
            label="Aggregation property"
            required
            {...form.getInputProps("aggregationProperty")}
          />
        )}
        {kind === "PERCENTILE" && (
          <TextInput
            label="Percentile"
            required
            placeholder="95"
            rightSection="%"
            {...form.getInputProps("percentile")}
          />
        )}
      </Group>
      <Text size="xs" c="dimmed" mt={-8}>
        {AGGREGATIONS.find(({ value }) => value === kind)?.hint}
      </Text>
      {kind === "CUSTOM" && <ExpressionFields form={form} />}
      <RowsFieldset
        legend="Only events whose properties match all of these"
        what="filter"
        count={form.values.filters.length}
        onAdd={() => form.insertListItem("filters", { property: "", negated: false, values: [] })}
        onRemove={(index) => form.removeListItem("filters", index)}
      >
        {(index) => (
          <>
            <TextInput
              aria-label={`Filter ${index + 1} property`}
              placeholder="property"
              flex={1}
              {...form.getInputProps(`filters.${index}.property`)}
            />
            <Select
              aria-label={`Filter ${index + 1} rule`}
              w={120}
              allowDeselect={false}
              data={IS}
              value={form.values.filters[index]!.negated ? "not" : "is"}
              onChange={(value) => form.setFieldValue(`filters.${index}.negated`, value === "not")}
            />
            <TagsInput
              aria-label={`Filter ${index + 1} values`}
              placeholder={form.values.filters[index]!.values.length ? undefined : "values, Enter after each"}
              flex={1.6}
              {...form.getInputProps(`filters.${index}.values`)}
            />
          </>
        )}
      </RowsFieldset>
      <Checkbox
        label="Upper and lower case differ"
        {...form.getInputProps("caseSensitive", { type: "checkbox" })}
      />
    </FormDrawer>
  );
}
