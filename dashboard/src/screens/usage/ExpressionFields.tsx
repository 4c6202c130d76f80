import { ActionIcon, Button, Group, Select, Stack, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconX } from "@tabler/icons-react";

import { Legend } from "../../components/AddressFields";
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
      <Stack gap="xs" component="fieldset" m={0} p={0} style={{ border: 0 }}>
        <Legend>Parameters, which each price may set</Legend>
        {form.values.parameters.map((_, index) => (
          <Group key={index} gap="xs" wrap="nowrap" align="flex-start">
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
            <ActionIcon
              variant="subtle"
              color="gray"
              mt={4}
              aria-label={`Remove parameter ${index + 1}`}
              onClick={() => form.removeListItem("parameters", index)}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          style={{ alignSelf: "flex-start" }}
          onClick={() => form.insertListItem("parameters", NEW_PARAMETER)}
        >
          Add parameter
        </Button>
      </Stack>
    </>
  );
}
