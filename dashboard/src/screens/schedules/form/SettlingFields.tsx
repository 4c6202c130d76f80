import { MultiSelect, Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { Price, SeatDiscountType } from "../../../api/types";
import { RowsFieldset } from "../../../components/RowsFieldset";
import type { ScheduleValues } from "./scheduleForm";
import { NEW_DISCOUNT, NEW_MINIMUM } from "./settlingForm";

export type PhaseFieldsProps = {
  form: UseFormReturnType<ScheduleValues>;
  /** The place of the phase. */
  phase: number;
  priceOf: (key: string) => Price | undefined;
};

const TYPES = [
  { value: "PERCENTAGE", label: "Percentage" },
  { value: "NOMINAL", label: "Amount" },
];

const SHOWN = [
  { value: "within", label: "Within lines" },
  { value: "apart", label: "As own lines" },
];

const SEATS: { value: SeatDiscountType; label: string }[] = [
  { value: "ALL_SEATS", label: "All seats" },
  { value: "INCLUDED_SEATS_ONLY", label: "Contracted seats" },
  { value: "OVERAGE_SEATS_ONLY", label: "Seats above those" },
];

/** What is taken off the charges of a phase. */
export function DiscountFields({ form, phase, priceOf }: PhaseFieldsProps) {
  const path = `phases.${phase}.discounts`;
  const { discounts = [], prices = [] } = form.values.phases[phase] ?? {};
  const countsSeats = (keys: string[]) =>
    (keys.length ? keys : prices).some((key) => priceOf(key)?.structure.pricingType === "SEAT_BASED");
  return (
    <RowsFieldset
      legend="Discounts"
      hint={
        discounts.length
          ? "They apply one after the other, each to what those before it left. An amount is taken off once in each billing period."
          : undefined
      }
      what="discount"
      count={discounts.length}
      labelled
      onAdd={() => form.insertListItem(path, { ...NEW_DISCOUNT })}
      onRemove={(index) => form.removeListItem(path, index)}
    >
      {(index) => {
        const name = `Discount ${index + 1}`;
        const percent = discounts[index]?.type === "PERCENTAGE";
        return (
          <>
            <Select
              label="Type"
              aria-label={`${name} type`}
              w={126}
              allowDeselect={false}
              data={TYPES}
              {...form.getInputProps(`${path}.${index}.type`)}
            />
            <TextInput
              label={percent ? "Percent" : "Amount"}
              aria-label={`${name} ${percent ? "percent" : "amount"}`}
              required
              w={96}
              inputMode="decimal"
              rightSection={percent ? "%" : undefined}
              {...form.getInputProps(`${path}.${index}.amount`)}
            />
            <TextInput
              label="Words on the invoice"
              aria-label={`${name} words on the invoice`}
              flex="1 1 150px"
              placeholder="Discount"
              {...form.getInputProps(`${path}.${index}.message`)}
            />
            <OnlyPrices form={form} path={`${path}.${index}.prices`} phase={phase} name={name} priceOf={priceOf} />
            <Select
              label="Shown"
              aria-label={`${name} shown`}
              w={160}
              allowDeselect={false}
              data={SHOWN}
              value={discounts[index]?.separateLineItem ? "apart" : "within"}
              onChange={(value) => form.setFieldValue(`${path}.${index}.separateLineItem`, value === "apart")}
            />
            {countsSeats(discounts[index]?.prices ?? []) && (
              <Select
                label="Of seats"
                aria-label={`${name} of seats`}
                w={180}
                allowDeselect={false}
                data={SEATS}
                {...form.getInputProps(`${path}.${index}.seatDiscountType`)}
                value={discounts[index]?.seatDiscountType ?? "ALL_SEATS"}
              />
            )}
          </>
        );
      }}
    </RowsFieldset>
  );
}

/** What usage of a phase comes to at least. */
export function MinimumFields({ form, phase, priceOf }: PhaseFieldsProps) {
  const path = `phases.${phase}.minimums`;
  const minimums = form.values.phases[phase]?.minimums ?? [];
  return (
    <RowsFieldset
      legend="Minimums"
      hint={
        minimums.length
          ? "Where usage, net of discounts, comes to less in a billing period, the rest is a line of its own. In a shorter period the minimum is as much less."
          : undefined
      }
      what="minimum"
      count={minimums.length}
      labelled
      onAdd={() => form.insertListItem(path, { ...NEW_MINIMUM })}
      onRemove={(index) => form.removeListItem(path, index)}
    >
      {(index) => {
        const name = `Minimum ${index + 1}`;
        return (
          <>
            <TextInput
              label="Amount"
              aria-label={`${name} amount`}
              required
              w={130}
              inputMode="decimal"
              {...form.getInputProps(`${path}.${index}.amount`)}
            />
            <OnlyPrices form={form} path={`${path}.${index}.prices`} phase={phase} name={name} priceOf={priceOf} />
          </>
        );
      }}
    </RowsFieldset>
  );
}

type OnlyProps = PhaseFieldsProps & { path: string; name: string };

/** The prices that it is of: some of those of the phase. One that the phase has lost can be taken out. */
export function OnlyPrices({ form, path, phase, name, priceOf }: OnlyProps) {
  const field = form.getInputProps(path);
  const chosen = field.value as string[];
  const offered = new Set([...(form.values.phases[phase]?.prices ?? []), ...chosen]);
  return (
    <MultiSelect
      label="Only for prices"
      aria-label={`${name} only for prices`}
      flex="1 1 180px"
      clearable
      hidePickedOptions
      placeholder={chosen.length ? undefined : "All prices of the phase"}
      data={Array.from(offered, (key) => ({ value: key, label: priceOf(key)?.name ?? "A price" }))}
      {...field}
    />
  );
}
