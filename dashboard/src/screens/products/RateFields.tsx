import { Group, Select, Switch, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { isOnDemand, PERIODS } from "./frequencies";
import { hasTiers, isPeriodic, mayBePercentage, type PriceValues } from "./priceForm";
import { TierTable } from "./TierTable";

type Props = { form: UseFormReturnType<PriceValues>; percentage: boolean };

const TIERS_BEGIN = [
  {
    value: "BILLING_PERIOD",
    label: "Every billing period",
    hint: "Each billing period begins in the first tier.",
  },
  {
    value: "PERIODIC",
    label: "Every calculation period (periodic)",
    hint: "Usage moves on through the tiers from one billing period to the next, until a calculation period ends.",
  },
  {
    value: "CUMULATIVE",
    label: "Only with a new phase (cumulative)",
    hint: "Usage moves on through the tiers from one billing period to the next, as long as the phase lasts.",
  },
];

const EACH = PERIODS.map(({ value, name }) => ({ value, label: `${name}s` }));

/** The figures of every model but seats. */
export function RateFields({ form, percentage }: Props) {
  const { structure, currency, billingFrequency } = form.values;
  const model = structure.pricingType;
  const unit = (text: string) => ({ rightSection: <Text size="xs">{text}</Text>, rightSectionWidth: 48 });
  return (
    <>
      {mayBePercentage(model) && (
        <Switch
          label="Percentage of the measured value"
          {...form.getInputProps("structure.isPricePercentage", { type: "checkbox" })}
        />
      )}
      {(model === "ONE_TIME" || model === "FIXED") && (
        <TextInput
          label="Amount"
          required
          inputMode="decimal"
          {...unit(currency)}
          {...form.getInputProps("structure.price")}
        />
      )}
      {model === "LINEAR" && (
        <TextInput
          label={percentage ? "Percent" : "Price per unit"}
          required
          inputMode="decimal"
          {...unit(percentage ? "%" : currency)}
          {...form.getInputProps("structure.pricePerUnit")}
        />
      )}
      {model === "PACKAGE" && (
        <Group grow align="flex-start">
          <TextInput
            label="Package size"
            required
            inputMode="decimal"
            {...form.getInputProps("structure.packageSize")}
          />
          <TextInput
            label="Price per package"
            required
            inputMode="decimal"
            {...form.getInputProps("structure.pricePerPackage")}
          />
        </Group>
      )}
      {hasTiers(model) && (
        <TierTable
          form={form}
          unit={percentage ? "percent" : "unit"}
          clamped={percentage && model === "VOLUME"}
        />
      )}
      {model === "GRADUATED" && (
        <Select
          label="Tiers start again"
          description={TIERS_BEGIN.find(({ value }) => value === structure.usageCalculationMode)?.hint}
          allowDeselect={false}
          data={TIERS_BEGIN.filter(({ value }) => value !== "BILLING_PERIOD" || !isOnDemand(billingFrequency))}
          {...form.getInputProps("structure.usageCalculationMode")}
        />
      )}
      {isPeriodic(form.values) && (
        <Group grow align="flex-start">
          <TextInput
            label="A calculation period lasts"
            description="The first begins with the phase."
            required
            inputMode="numeric"
            {...form.getInputProps("calculationInterval")}
          />
          <Select
            label="Counted in"
            description="Months of the calendar."
            allowDeselect={false}
            data={EACH}
            {...form.getInputProps("calculationFrequency")}
          />
        </Group>
      )}
    </>
  );
}
