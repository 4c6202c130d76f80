import { ActionIcon, Button, Group, Select, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconX } from "@tabler/icons-react";

import { Legend } from "../../components/AddressFields";
import { BILLING_PREFERENCES, type CustomerValues } from "./customerForm";

/** The primary contact, who gets the invoices, and any further ones. */
export function ContactFields({ form }: { form: UseFormReturnType<CustomerValues> }) {
  return (
    <Stack gap="sm" component="fieldset" m={0} p={0} style={{ border: 0 }}>
      <Legend>Contacts</Legend>
      {form.values.contacts.map((_, index) => {
        const name = index === 0 ? "Primary contact" : `Contact ${index + 1}`;
        return (
          <Group key={index} gap="xs" align="flex-start">
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
              <>
                <Select
                  label="Billing mail"
                  w={130}
                  allowDeselect={false}
                  data={BILLING_PREFERENCES}
                  {...form.getInputProps(`contacts.${index}.billingPreference`)}
                />
                <ActionIcon
                  mt={26}
                  variant="subtle"
                  color="gray"
                  aria-label={`Remove contact ${index + 1}`}
                  onClick={() => form.removeListItem("contacts", index)}
                >
                  <IconX size={16} />
                </ActionIcon>
              </>
            )}
          </Group>
        );
      })}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        style={{ alignSelf: "flex-start" }}
        onClick={() =>
          form.insertListItem("contacts", { name: "", email: "", billingPreference: "STANDARD" })
        }
      >
        Add contact
      </Button>
    </Stack>
  );
}
