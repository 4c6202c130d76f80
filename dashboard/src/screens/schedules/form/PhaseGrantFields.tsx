import { Input, Select, Text, TextInput } from "@mantine/core";

import type { CreditUnit, GrantRefresh, GrantRollover } from "../../../api/types";
import { RowsFieldset } from "../../../components/RowsFieldset";
import { grantText, NEW_PHASE_GRANT } from "./phaseGrantForm";
import { OnlyPrices, type PhaseFieldsProps } from "./SettlingFields";

const UNITS: { value: CreditUnit; label: string }[] = [
  { value: "CURRENCY", label: "Money" },
  { value: "METRIC", label: "Units" },
];

const REFRESHES: { value: GrantRefresh; label: string }[] = [
  { value: "NONE", label: "Once" },
  { value: "MONTHLY", label: "Monthly" },
  { value: "QUARTERLY", label: "Quarterly" },
  { value: "HALF_YEARLY", label: "Half-yearly" },
  { value: "YEARLY", label: "Yearly" },
];

const ROLLOVERS: { value: GrantRollover; label: string }[] = [
  { value: "NONE", label: "Ends at the refresh" },
  { value: "ON_GRANT_REFRESH", label: "Ends with the phase" },
  { value: "ON_GRANT_REFRESH_AND_PHASE", label: "Ends with the schedule" },
];

/** What a phase grants its customer in advance. */
export function PhaseGrantFields({ form, phase, priceOf }: PhaseFieldsProps) {
  const path = `phases.${phase}.creditGrants`;
  const { creditGrants: grants = [], prices = [] } = form.values.phases[phase] ?? {};
  const currency = prices.map(priceOf).find(Boolean)?.currency ?? "";
  return (
    <RowsFieldset
      legend="Credit grants"
      hint={
        grants.length
          ? "Each refresh grants anew. Units are of the one usage metric of the prices they pay. What is granted cannot be changed, only taken out."
          : undefined
      }
      what="credit grant"
      count={grants.length}
      labelled
      onAdd={() => form.insertListItem(path, { ...NEW_PHASE_GRANT })}
      onRemove={(index) => form.removeListItem(path, index)}
    >
      {(index) => {
        const name = `Credit grant ${index + 1}`;
        const at = `${path}.${index}`;
        const kept = grants[index]?.kept;
        if (kept) {
          const { error } = form.getInputProps(`${at}.prices`);
          return (
            <Input.Wrapper label={kept.name} error={error as string | undefined} flex="1 1 240px">
              <Text size="sm">{grantText(kept, kept.currency ?? currency)}</Text>
            </Input.Wrapper>
          );
        }
        return (
          <>
            <TextInput
              label="Name"
              aria-label={`${name} name`}
              required
              flex="1 1 150px"
              {...form.getInputProps(`${at}.name`)}
            />
            <Select
              label="Of"
              aria-label={`${name} of`}
              w={104}
              allowDeselect={false}
              data={UNITS}
              {...form.getInputProps(`${at}.creditUnitType`)}
            />
            <TextInput
              label="Amount"
              aria-label={`${name} amount`}
              required
              w={110}
              inputMode="decimal"
              {...form.getInputProps(`${at}.amount`)}
            />
            <Select
              label="Refreshed"
              aria-label={`${name} refreshed`}
              w={130}
              allowDeselect={false}
              data={REFRESHES}
              {...form.getInputProps(`${at}.grantRefreshFrequency`)}
            />
            <Select
              label="What is left"
              aria-label={`${name} what is left`}
              w={190}
              allowDeselect={false}
              data={ROLLOVERS}
              {...form.getInputProps(`${at}.rolloverMode`)}
            />
            <OnlyPrices form={form} path={`${at}.prices`} phase={phase} name={name} priceOf={priceOf} />
          </>
        );
      }}
    </RowsFieldset>
  );
}
