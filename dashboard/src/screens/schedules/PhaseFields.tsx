import { ActionIcon, Button, Checkbox, Group, MultiSelect, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { priceList, productList } from "../../api/catalogue";
import type { Price } from "../../api/types";
import { Panel } from "../../components/Panel";
import { cadenceText, rateText } from "../products/priceText";
import { followingPhase, type ScheduleValues } from "./scheduleForm";

type Props = { form: UseFormReturnType<ScheduleValues>; extra: Price[] };

/** Consecutive parts of the schedule, each with its own prices. */
export function PhaseFields({ form, extra }: Props) {
  const data = usePriceOptions(extra);
  const { phases } = form.values;
  const add = () => form.insertListItem("phases", followingPhase(phases));
  return (
    <Panel
      title="Phases and prices"
      actions={
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={add}>
          Add phase
        </Button>
      }
    >
      <Stack gap="lg">
        {phases.map((_, index) => {
          const last = index === phases.length - 1;
          const of = phases.length > 1 ? `Phase ${index + 1} ` : "";
          const label = (text: string) => (of ? `${of}${text.toLowerCase()}` : text);
          return (
            <Stack key={index} gap="sm" role="group" aria-label={`Phase ${index + 1}`}>
              <Group align="flex-start" wrap="wrap">
                <TextInput
                  label={label("Phase name").replace("phase name", "name")}
                  flex="1 1 180px"
                  {...form.getInputProps(`phases.${index}.name`)}
                />
                <TextInput
                  label={label("First day")}
                  type="date"
                  required
                  {...form.getInputProps(`phases.${index}.startDate`)}
                />
                <TextInput
                  label={label("Last day")}
                  type="date"
                  required={!last}
                  {...form.getInputProps(`phases.${index}.endDate`)}
                />
                {phases.length > 1 && (
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    mt={26}
                    aria-label={`Remove phase ${index + 1}`}
                    onClick={() => form.removeListItem("phases", index)}
                  >
                    <IconX size={16} />
                  </ActionIcon>
                )}
              </Group>
              <MultiSelect
                label={label("Prices")}
                required
                searchable
                clearable
                hidePickedOptions
                placeholder="Search prices of the catalogue"
                nothingFoundMessage="No such price"
                data={data}
                {...form.getInputProps(`phases.${index}.prices`)}
              />
              {index > 0 && (
                <Checkbox
                  label={`Phase ${index + 1} starts its own billing periods`}
                  {...form.getInputProps(`phases.${index}.resets`, { type: "checkbox" })}
                />
              )}
            </Stack>
          );
        })}
      </Stack>
    </Panel>
  );
}

/** What can be chosen, as "API · Calls (3 tiers USD, monthly, in arrears)". */
function usePriceOptions(extra: Price[]) {
  const listPrices = useQuery(priceList("list-prices", { limit: 100 }));
  const prices = useQuery(priceList("prices", { limit: 100 }));
  const products = useQuery(productList({ limit: 100 }));
  const names = new Map((products.data?.items ?? []).map(({ id, name }) => [id, name]));
  const text = (price: Price) =>
    `${names.get(price.productId) ?? "Product"} · ${price.name} (${rateText(price)} ${price.currency}, ${cadenceText(price).toLowerCase()})`;
  const option = (kind: "list" | "price") => (price: Price) => ({
    value: `${kind}:${price.id}`,
    label: text(price),
  });
  const own = new Map([...(prices.data?.items ?? []), ...extra].map((price) => [price.id, price]));
  return [
    { group: "List prices", items: (listPrices.data?.items ?? []).map(option("list")) },
    { group: "Negotiated prices", items: Array.from(own.values(), option("price")) },
  ];
}
