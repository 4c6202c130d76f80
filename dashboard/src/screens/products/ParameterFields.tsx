import { SimpleGrid, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { everyMetric } from "../../api/usage";
import { decimalText } from "../../components/format";
import type { PriceValues } from "./priceForm";

/** What the price sets of a custom metric; an empty field leaves it at its default. */
export function ParameterFields({ form }: { form: UseFormReturnType<PriceValues> }) {
  const { data } = useQuery(everyMetric);
  const metric = data?.find(({ id }) => id === form.values.structure.usageMetricId);
  if (!metric || metric.parameters.length === 0) return null;
  return (
    <SimpleGrid cols={2}>
      {metric.parameters.map(({ id, name, description, defaultValue }) => (
        <TextInput
          key={id}
          label={name}
          description={description || "Parameter of the metric"}
          placeholder={`${decimalText(defaultValue)} unless set`}
          value={form.values.parameters[id] ?? ""}
          onChange={({ currentTarget }) => form.setFieldValue(`parameters.${id}`, currentTarget.value)}
          error={form.errors[`parameters.${id}`]}
        />
      ))}
    </SimpleGrid>
  );
}
