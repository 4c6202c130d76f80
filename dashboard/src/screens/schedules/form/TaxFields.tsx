import { Select, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { catalogue } from "../../../api/catalogue";
import { taxRates } from "../../../api/taxes";
import type { Price, TaxRate } from "../../../api/types";
import { Panel } from "../../../components/Panel";
import { percentText, placeText } from "../../../components/taxText";
import { pricesOf, type ScheduleValues } from "./scheduleForm";

type Props = { form: UseFormReturnType<ScheduleValues>; extra: Price[] };

const optionOf = (rate: TaxRate) => ({
  value: rate.id,
  label: `${rate.name}, ${percentText(rate.amount)} (${placeText(rate)})${rate.isArchived ? ", archived" : ""}`,
});

/** The tax rate of each price, where it is not that of its category. Nothing where no rates are kept. */
export function TaxFields({ form, extra }: Props) {
  const rates = useQuery(taxRates);
  const whole = useQuery(catalogue);
  const keys = pricesOf(form.values);
  if (!rates.data?.length || keys.length === 0) return null;
  const names = new Map<string, string>([
    ...(whole.data?.listPrices ?? []).map(({ id, name }) => [`list:${id}`, name] as const),
    ...extra.map(({ id, name }) => [`price:${id}`, name] as const),
  ]);
  const named = new Set(Object.values(form.values.taxRates));
  const offered = rates.data.filter(({ id, isArchived }) => !isArchived || named.has(id));
  return (
    <Panel title="Tax rates">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          A price without a rate of its own has that of its product&apos;s tax category where the customer
          is.
        </Text>
        {keys.map((key) => (
          <Select
            key={key}
            label={`Tax rate of ${names.get(key) ?? "a price"}`}
            placeholder="By tax category"
            clearable
            searchable
            maw={520}
            data={offered.map(optionOf)}
            value={form.values.taxRates[key] || null}
            onChange={(id) =>
              form.setFieldValue("taxRates", { ...form.values.taxRates, [key]: id ?? "" })
            }
          />
        ))}
      </Stack>
    </Panel>
  );
}
