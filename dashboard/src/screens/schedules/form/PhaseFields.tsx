import { ActionIcon, Button, Checkbox, Group, MultiSelect, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconX } from "@tabler/icons-react";

import type { Price } from "../../../api/types";
import { Panel } from "../../../components/Panel";
import { PhaseGrantFields } from "./PhaseGrantFields";
import { followingPhase, isOpen, type ScheduleValues } from "./scheduleForm";
import { DiscountFields, MinimumFields } from "./SettlingFields";
import { usePriceOptions } from "./usePriceOptions";

type Props = { form: UseFormReturnType<ScheduleValues>; extra: Price[] };

/** Consecutive parts of the schedule, each with its own prices, discounts, minimums and credit grants. */
export function PhaseFields({ form, extra }: Props) {
  const { data, priceOf, setTyped } = usePriceOptions(extra);
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
                <TextInput
                  label={label("Until milestone")}
                  flex="1 1 150px"
                  placeholder="such as Go-live"
                  {...form.getInputProps(`phases.${index}.milestone`)}
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
              <DiscountFields form={form} phase={index} priceOf={priceOf} />
              <MinimumFields form={form} phase={index} priceOf={priceOf} />
              <PhaseGrantFields form={form} phase={index} priceOf={priceOf} />
            </Stack>
          );
        })}
      </Stack>
    </Panel>
  );
}
