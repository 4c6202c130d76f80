import { Button, Drawer, Stack, TagsInput, Text, TextInput, Group } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import type { Problem } from "../../api/http";
import { calculate } from "../../api/usage";
import type { Calculation, Metric } from "../../api/types";
import { CustomerSelect } from "../../components/CustomerSelect";
import { Facts } from "../../components/Facts";
import { Quantity } from "../../components/Figures";
import { monthStart, nextDay, plural, today } from "../../components/format";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";

type Values = { customerAliases: string[]; periodStart: string; periodEnd: string };

/** What a metric comes to for some customers in a period. */
export function PreviewDrawer({ metric, onClose }: { metric: Metric; onClose: () => void }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const form = useForm<Values>({
    initialValues: {
      customerAliases: [],
      periodStart: monthStart(today()),
      periodEnd: nextDay(monthStart(today(), 1), -1),
    },
    validate: {
      customerAliases: (value) => (value.length ? null : "Choose a customer or type an alias"),
      periodEnd: (value, { periodStart }) => (value >= periodStart ? null : "Ends before it starts"),
    },
  });
  const result = useMutation<Calculation, Problem, Values>({
    mutationFn: (values) => calculate(metric.id, values),
  });
  const placed = useServerErrors(form, result.error);

  function add(id: string | null) {
    setChosen(null);
    const { customerAliases } = form.values;
    if (id && !customerAliases.includes(id)) {
      form.setFieldValue("customerAliases", [...customerAliases, id]);
    }
  }

  return (
    <Drawer opened onClose={onClose} title={`Preview ${metric.name}`}>
      <form noValidate onSubmit={form.onSubmit((values) => result.mutate(values))}>
        <Stack gap="md">
          <CustomerSelect label="Add a customer" value={chosen} onChange={add} />
          <TagsInput
            label="Customers"
            description="Aliases or ids, measured together."
            {...form.getInputProps("customerAliases")}
          />
          <Group grow align="flex-start">
            <TextInput label="First day" type="date" {...form.getInputProps("periodStart")} />
            <TextInput label="Last day" type="date" {...form.getInputProps("periodEnd")} />
          </Group>
          <Button type="submit" loading={result.isPending} style={{ alignSelf: "flex-start" }}>
            Preview calculation
          </Button>
          <ProblemAlert error={result.error} except={placed} />
          {result.data && (
            <section className="panel panel-body" aria-label="Result" aria-live="polite">
              <Text fz={22} fw={650}>
                <Quantity value={result.data.value} unit={metric.unit} />
              </Text>
              <Facts items={[["Measured from", plural(result.data.eventCount, "event")]]} />
            </section>
          )}
        </Stack>
      </form>
    </Drawer>
  );
}
