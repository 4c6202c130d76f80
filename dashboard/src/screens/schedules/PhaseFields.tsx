import { ActionIcon, Button, Checkbox, Group, MultiSelect, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus, IconX } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { catalogue, priceList } from "../../api/catalogue";
import type { Price } from "../../api/types";
import { Panel } from "../../components/Panel";
import { cadenceText, rateText } from "../products/priceText";
import { followingPhase, isOpen, type ScheduleValues } from "./scheduleForm";

type Props = { form: UseFormReturnType<ScheduleValues>; extra: Price[] };

/** Consecutive parts of the schedule, each with its own prices. */
export function PhaseFields({ form, extra }: Props) {
  const { data, setTyped } = usePriceOptions(extra);
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
        {phases.map((phase, index) => {
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
                  required={!isOpen(phases[index - 1])}
                  {...form.getInputProps(`phases.${index}.startDate`)}
                />
                <TextInput
                  label={label("Last day")}
                  type="date"
                  required={!last && !phase.milestone}
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
                onSearchChange={setTyped}
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

/**
 * What can be chosen, as "API · Calls (3 tiers USD, monthly, in arrears)": the catalogue, and the
 * negotiated prices whose name is being typed. Copies of list prices belong to their own schedules.
 */
function usePriceOptions(extra: Price[]) {
  const [typed, setTyped] = useState("");
  const [name] = useDebouncedValue(typed.trim(), 200);
  const whole = useQuery(catalogue);
  const prices = useQuery({
    ...priceList("prices", { name, limit: 100 }),
    placeholderData: keepPreviousData,
  });
  const names = new Map((whole.data?.products ?? []).map(({ id, name: of }) => [id, of]));
  const text = (price: Price) =>
    `${names.get(price.productId) ?? "Product"} · ${price.name} (${rateText(price)} ${price.currency}, ${cadenceText(price).toLowerCase()})`;
  const option = (kind: "list" | "price") => (price: Price) => ({
    value: `${kind}:${price.id}`,
    label: text(price),
  });
  const [seen, setSeen] = useState(new Map<string, Price>());
  const fresh = (prices.data?.items ?? []).filter(({ id, listPriceId }) => !listPriceId && !seen.has(id));
  // Once offered, a price stays, so that one that was picked keeps its name.
  if (fresh.length) setSeen(new Map([...seen, ...fresh.map((price) => [price.id, price] as const)]));
  const own = new Map([...extra.map((price) => [price.id, price] as const), ...seen]);
  return {
    setTyped,
    data: [
      { group: "List prices", items: (whole.data?.listPrices ?? []).map(option("list")) },
      { group: "Negotiated prices", items: Array.from(own.values(), option("price")) },
    ],
  };
}
