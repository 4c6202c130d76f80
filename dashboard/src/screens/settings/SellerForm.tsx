import { Button, ColorInput, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { updateMerchant } from "../../api/account";
import { useSubmission } from "../../api/submission";
import type { Merchant } from "../../api/types";
import { AddressFields } from "../../components/AddressFields";
import { focusInvalid } from "../../components/focusInvalid";
import { done } from "../../components/notify";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";
import { LogoField } from "./LogoField";
import { sellerBody, sellerErrors, sellerValues, type SellerValues } from "./sellerFields";

/** Who the invoices are from. */
export function SellerForm({ merchant }: { merchant: Merchant }) {
  const form = useForm<SellerValues>({ initialValues: sellerValues(merchant), validate: sellerErrors });
  const saving = useSubmission<Omit<Merchant, "id">, Merchant>(
    (body) => updateMerchant(merchant.id, body),
    () => done("Settings saved."),
  );
  const placed = useServerErrors(form, saving.error);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        form.onSubmit((values) => saving.mutate(sellerBody(values, merchant)))(event);
        focusInvalid(event.currentTarget);
      }}
    >
      <Stack gap="md" maw={720}>
        <TextInput label="Legal company name" required {...form.getInputProps("legalCompanyName")} />
        <Group grow align="flex-start">
          <TextInput label="E-mail" type="email" required {...form.getInputProps("email")} />
          <TextInput label="Telephone" {...form.getInputProps("phoneNumber")} />
        </Group>
        <AddressFields
          legend="Address"
          field={form.getInputProps}
          country={form.values.address.country}
        />
        <TextInput label="Tax id" maw={320} {...form.getInputProps("taxId")} />
        <Group grow align="flex-start">
          <TextInput
            label="Invoice number prefix"
            description="Future invoices only"
            {...form.getInputProps("invoiceNumberPrefix")}
          />
          <TextInput
            label="Due after (days)"
            description="Unless a schedule says otherwise"
            required
            inputMode="numeric"
            {...form.getInputProps("defaultDueDateDays")}
          />
        </Group>
        <LogoField
          value={form.values.logoUrl}
          onChange={(url) => form.setFieldValue("logoUrl", url)}
          error={form.errors.logoUrl}
        />
        <ColorInput
          label="Colour"
          description="Of headings and rules on invoices"
          maw={220}
          format="hex"
          eyeDropperButtonProps={{ "aria-label": "Pick a colour from the screen" }}
          {...form.getInputProps("primaryColour")}
        />
        <ProblemAlert error={saving.error} except={placed} />
        <Button type="submit" loading={saving.isPending} style={{ alignSelf: "flex-start" }}>
          Save
        </Button>
      </Stack>
    </form>
  );
}
