import { Group, SegmentedControl, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { session } from "../../../api/account";
import { grantCredit } from "../../../api/credits";
import { useSubmission } from "../../../api/submission";
import type { CreditGrant, CreditGrantRequest } from "../../../api/types";
import { FormDrawer } from "../../../components/FormDrawer";
import { MetricSelect } from "../../../components/MetricSelect";
import { done } from "../../../components/notify";
import { useServerErrors } from "../../../components/useServerErrors";
import { CurrencySelect, SaleFields } from "./SaleFields";
import { grantBody, grantErrors, NEW_GRANT, type GrantValues } from "./grantForm";

const UNITS = [
  { value: "CURRENCY", label: "Money" },
  { value: "METRIC", label: "Units of usage" },
];

type Props = { customerId: string; onClose: () => void };

/** Credit for a customer; its drafts are paid by it at once. */
export function GrantDrawer({ customerId, onClose }: Props) {
  const { data: who } = useQuery(session);
  const form = useForm<GrantValues>({ initialValues: NEW_GRANT, validate: grantErrors });
  const granting = useSubmission<CreditGrantRequest, CreditGrant>(grantCredit, ({ name }) => {
    done(`${name} granted.`);
    onClose();
  });
  const placed = useServerErrors(form, granting.error);
  const inUnits = form.values.creditUnitType === "METRIC";
  return (
    <FormDrawer
      title="New grant"
      submitLabel="Grant"
      onClose={onClose}
      onSubmit={form.onSubmit((values) =>
        granting.mutate(grantBody(values, customerId, who?.sequenceAccountId ?? "")),
      )}
      busy={granting.isPending}
      disabled={!who}
      error={granting.error}
      placed={placed}
    >
      <TextInput
        label="Name"
        description="Invoices call it so."
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      <SegmentedControl
        fullWidth
        aria-label="What is granted"
        data={UNITS}
        {...form.getInputProps("creditUnitType")}
      />
      {inUnits && (
        <MetricSelect
          label="Usage metric"
          required
          allowDeselect={false}
          {...form.getInputProps("metricId")}
        />
      )}
      <Group grow align="flex-start">
        <TextInput
          label={inUnits ? "Units" : "Amount"}
          required
          inputMode="decimal"
          {...form.getInputProps("amount")}
        />
        {!inUnits && <CurrencySelect {...form.getInputProps("currency")} />}
      </Group>
      <Group grow align="flex-start">
        <TextInput label="Pays from" type="date" {...form.getInputProps("effectiveDate")} />
        <TextInput label="Until" type="date" {...form.getInputProps("expiryDate")} />
      </Group>
      <Text size="sm" c="dimmed">
        It pays for service on these days: from today on where no first day is given, and without end where no
        last one is.
      </Text>
      <Switch
        label="Draft an invoice that sells it"
        {...form.getInputProps("sold", { type: "checkbox" })}
      />
      {form.values.sold && <SaleFields form={form} ownCurrency={inUnits} />}
    </FormDrawer>
  );
}
