import { Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { RowsFieldset } from "../../components/RowsFieldset";
import { BILLING_PREFERENCES, type CustomerValues } from "./customerForm";

/** The primary contact, who gets the invoices, and any further ones. */
export function ContactFields({ form }: { form: UseFormReturnType<CustomerValues> }) {
  return (
    <RowsFieldset
      legend="Contacts"
      what="contact"
      count={form.values.contacts.length}
      fixed={1}
      labelled
      onAdd={() =>
        form.insertListItem("contacts", { name: "", email: "", billingPreference: "STANDARD" })
      }
      onRemove={(index) => form.removeListItem("contacts", index)}
    >
      {(index) => {
        const name = index === 0 ? "Primary contact" : `Contact ${index + 1}`;
        return (
          <>
            <TextInput
              label={`${name} name`}
              required
              flex="1 1 180px"
              {...form.getInputProps(`contacts.${index}.name`)}
            />
            <TextInput
              label={`${name} e-mail`}
              type="email"
              required
              flex="1 1 180px"
              {...form.getInputProps(`contacts.${index}.email`)}
            />
            {index > 0 && (
              <Select
                label="Billing mail"
                w={130}
                allowDeselect={false}
                data={BILLING_PREFERENCES}
                {...form.getInputProps(`contacts.${index}.billingPreference`)}
              />
            )}
          </>
        );
      }}
    </RowsFieldset>
  );
}
