import { Group, Select, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { useSubmission } from "../../../api/submission";
import { saveTaxRate } from "../../../api/taxes";
import type { TaxCategory, TaxRate, TaxRateRequest } from "../../../api/types";
import { FormDrawer } from "../../../components/FormDrawer";
import { done } from "../../../components/notify";
import { COUNTRIES, STATES } from "../../../components/places";
import { useServerErrors } from "../../../components/useServerErrors";
import { taxRateBody, taxRateErrors, taxRateValues, type TaxRateValues } from "./taxRateForm";

type Props = { rate?: TaxRate; categories: TaxCategory[]; onClose: () => void };

/** A new rate, or the next version of one. */
export function TaxRateDrawer({ rate, categories, onClose }: Props) {
  const form = useForm<TaxRateValues>({
    initialValues: taxRateValues(rate),
    validate: taxRateErrors,
  });
  const saving = useSubmission<TaxRateRequest, TaxRate>(
    (body, key) => saveTaxRate(rate?.id ?? null, body, key),
    (saved) => {
      done(`${saved.name} ${rate ? "updated" : "added"}.`);
      onClose();
    },
  );
  const placed = useServerErrors(form, saving.error);
  const states = STATES[form.values.country];
  return (
    <FormDrawer
      title={rate ? "Edit tax rate" : "New tax rate"}
      submitLabel={rate ? "Update" : "Add tax rate"}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => saving.mutate(taxRateBody(values, rate)))}
      busy={saving.isPending}
      error={saving.error}
      placed={placed}
    >
      <Group align="flex-start" wrap="nowrap">
        <TextInput label="Rate name" required flex={1} data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label="Percent"
          required
          w={110}
          inputMode="decimal"
          rightSection="%"
          {...form.getInputProps("amount")}
        />
      </Group>
      <Group grow align="flex-start">
        <Select
          label="Country"
          required
          searchable
          allowDeselect={false}
          data={COUNTRIES}
          {...form.getInputProps("country")}
        />
        {states ? (
          <Select
            label="State"
            placeholder="All states"
            searchable
            clearable
            data={states}
            {...form.getInputProps("region")}
            value={form.values.region || null}
            onChange={(code) => form.setFieldValue("region", code ?? "")}
          />
        ) : (
          <TextInput label="Region" placeholder="All of it" {...form.getInputProps("region")} />
        )}
      </Group>
      <Select
        label="Tax category"
        description="Rates of a category come before those for all products."
        placeholder="All products"
        clearable
        data={categories.map(({ id, name }) => ({ value: id, label: name }))}
        {...form.getInputProps("taxCategoryId")}
        value={form.values.taxCategoryId || null}
        onChange={(id) => form.setFieldValue("taxCategoryId", id ?? "")}
      />
      <TextInput
        label="Name on invoices"
        placeholder={form.values.name}
        {...form.getInputProps("invoiceName")}
      />
      <Switch
        label="In force"
        description="Otherwise it is kept as a draft and not applied."
        {...form.getInputProps("isPublished", { type: "checkbox" })}
      />
      {rate?.isPublished && (
        <Text size="sm" c="dimmed">
          This becomes version {rate.version + 1}. Final invoices keep theirs; drafts take it when they are
          recalculated.
        </Text>
      )}
    </FormDrawer>
  );
}
