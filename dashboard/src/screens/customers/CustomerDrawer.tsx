import { Group, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { createCustomer, updateCustomer } from "../../api/customers";
import { useSubmission } from "../../api/submission";
import type { Alias, Customer, CustomerRequest } from "../../api/types";
import { AddressFields } from "../../components/AddressFields";
import { CustomerSelect } from "../../components/CustomerSelect";
import { FormDrawer } from "../../components/FormDrawer";
import { KeyValues } from "../../components/KeyValues";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";
import { ContactFields } from "./ContactFields";
import {
  customerBody,
  customerErrors,
  customerValues,
  TAX_STATUSES,
  type CustomerValues,
} from "./customerForm";
import { MoveBills } from "./MoveBills";

type Props = {
  /** The customer to edit; without one, a new one is made. */
  customer?: Customer;
  aliases?: Alias[];
  /** The parent a new customer starts with. */
  parentId?: string | null;
  onClose: () => void;
};

const rename = (path: string) => path.replace(/^customerAliases\.\d+$/, "customerAliases");

export function CustomerDrawer({ customer, aliases, parentId, onClose }: Props) {
  const form = useForm<CustomerValues>({
    initialValues: customer
      ? customerValues(customer, aliases)
      : { ...customerValues(), parentId: parentId ?? null },
    validate: customerErrors,
  });
  const submission = useSubmission<CustomerRequest, Customer>(
    (body, key) => (customer ? updateCustomer(customer.id, body) : createCustomer(body, key)),
    (saved) => {
      done(`${saved.legalName} ${customer ? "updated" : "added"}.`);
      onClose();
    },
  );
  const placed = useServerErrors(form, submission.error, rename);
  const [opened] = useState(() => new Date().toISOString());
  const moves = customer && form.values.parentId !== (customer.parentId ?? null);
  return (
    <FormDrawer
      title={customer ? "Edit customer" : "New customer"}
      submitLabel={customer ? "Update" : "Add New"}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => submission.mutate(customerBody(values, customer)))}
      busy={submission.isPending}
      error={submission.error}
      placed={placed}
    >
      <TextInput label="Company name" required data-autofocus {...form.getInputProps("legalName")} />
      <CustomerSelect
        label="Parent"
        description="The group or head office this customer belongs to; leave empty for none."
        except={customer?.id}
        {...form.getInputProps("parentId")}
      />
      {moves && (
        <MoveBills customerId={customer.id} parentId={form.values.parentId} effectiveFrom={opened} />
      )}
      <AddressFields
        legend="Billing address"
        field={form.getInputProps}
        country={form.values.address.country}
      />
      <ContactFields form={form} />
      <Stack gap="sm">
        <Group grow align="flex-start">
          <Select
            label="Tax status"
            required
            allowDeselect={false}
            data={TAX_STATUSES}
            {...form.getInputProps("taxStatus")}
          />
          <TextInput label="Label" {...form.getInputProps("label")} />
        </Group>
        <TagsInput
          label="Aliases"
          description="Names your usage events may use for this customer. Press Enter after each."
          {...form.getInputProps("customerAliases")}
        />
        <TextInput label="Website" placeholder="https://" {...form.getInputProps("url")} />
      </Stack>
      <KeyValues
        legend="Custom properties"
        pairs={form.values.customProperties}
        onChange={(pairs) => form.setFieldValue("customProperties", pairs)}
      />
    </FormDrawer>
  );
}
