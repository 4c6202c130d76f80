import { Group, SegmentedControl, Select, Switch, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { everySeatMetric } from "../../api/seats";
import type { PriceValues } from "./priceForm";
import { chargedWhen, overageChoices, STRATEGIES } from "./seatForm";
import { TierTable } from "./TierTable";

/** Which seats, what one costs, and how those that come and go are charged. */
export function SeatFields({ form }: { form: UseFormReturnType<PriceValues> }) {
  const metrics = useQuery(everySeatMetric);
  const { structure, currency, billingFrequency, billingType } = form.values;
  return (
    <>
      <Select
        label="Seat metric"
        required
        searchable
        placeholder="Choose a kind of seat"
        nothingFoundMessage="No such seat metric"
        data={(metrics.data ?? []).map(({ id, label }) => ({ value: id, label }))}
        {...form.getInputProps("structure.seatMetricId")}
      />
      <SegmentedControl
        aria-label="What sets the price"
        data={[
          { value: "seat", label: "Price per seat" },
          { value: "tiers", label: "Tiers" },
        ]}
        value={structure.seatTiers ? "tiers" : "seat"}
        onChange={(value) => form.setFieldValue("structure.seatTiers", value === "tiers")}
      />
      {structure.seatTiers ? (
        <>
          <TierTable form={form} unit="seat" />
          <Switch
            label="Fees by days"
            description="A tier's fee is due for the days on which it is reached. Otherwise it is due once, whole."
            {...form.getInputProps("structure.prorateFlatFees", { type: "checkbox" })}
          />
        </>
      ) : (
        <TextInput
          label="Price per seat"
          description="For a whole billing period."
          required
          inputMode="decimal"
          rightSection={<Text size="xs">{currency}</Text>}
          rightSectionWidth={48}
          {...form.getInputProps("structure.pricePerSeat")}
        />
      )}
      <Select
        label="Seats that come and go"
        required
        allowDeselect={false}
        data={STRATEGIES}
        description={STRATEGIES.find(({ value }) => value === structure.prorationStrategy)?.hint}
        {...form.getInputProps("structure.prorationStrategy")}
      />
      <Group grow align="flex-start">
        <TextInput
          label="Contracted minimum seats"
          inputMode="numeric"
          placeholder="0"
          {...form.getInputProps("structure.contractedMinimumSeats")}
        />
        <Select
          label="Seats above the minimum"
          allowDeselect={false}
          data={overageChoices(billingFrequency)}
          {...form.getInputProps("structure.overagesBillingFrequency")}
        />
      </Group>
      <Text size="sm" c="dimmed" aria-live="polite">
        {chargedWhen(billingFrequency, billingType, structure.overagesBillingFrequency)}
      </Text>
    </>
  );
}
