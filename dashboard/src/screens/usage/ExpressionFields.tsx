import { Select, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { RowsFieldset } from "../../components/RowsFieldset";
import { NEW_PARAMETER, PARAMETER_TYPES, type MetricValues } from "./metricForm";

/** What is worked out for each event, and the numbers in it that each price may set. */
export function ExpressionFields({ form }: { form: UseFormReturnType<MetricValues> }) {
  return (
    <>
      <Textarea
        label="Expression"
        required
        autosize
        placeholder="tokens_in + tokens_out * weight"
        description="Numbers, properties, parameters, + - * / ( ), min(…) and max(…). Other property names go in double quotes."
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        {...form.getInputProps("expression")}
      />
      <RowsFieldset
        legend="Parameters, which each price may set"
        what="parameter"
        count={form.values.parameters.length}
        onAdd={() => form.insertListItem("parameters", NEW_PARAMETER)}
        onRemove={(index) => form.removeListItem("parameters", index)}
      >
        {(index) => (
          <>
            <TextInput
              aria-label={`Parameter ${index + 1} name`}
              placeholder="name"
              flex={1}
              {...form.getInputProps(`parameters.${index}.name`)}
            />
            <Select
              aria-label={`Parameter ${index + 1} type`}
              flex={1.2}
              allowDeselect={false}
              data={PARAMETER_TYPES}
              {...form.getInputProps(`parameters.${index}.type`)}
            />
            <TextInput
              aria-label={`Parameter ${index + 1} default`}
              placeholder="default"
              flex={0.8}
              {...form.getInputProps(`parameters.${index}.defaultValue`)}
            />
            <TextInput
              aria-label={`Parameter ${index + 1} description`}
              placeholder="what it is for"
              flex={1.4}
              {...form.getInputProps(`parameters.${index}.description`)}
            />
          </>
        )}
      </RowsFieldset>
    </>
  );
}
