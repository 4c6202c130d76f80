import { ActionIcon, Button, Group, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { useSubmission } from "../api/submission";
import { addTaxRegistration, removeTaxRegistration, taxRegistrations, type Owner } from "../api/taxes";
import type { TaxRegistration, TaxRegistrationRequest } from "../api/types";
import { done } from "./notify";
import { Panel } from "./Panel";
import { COUNTRIES, STATES } from "./places";
import { ProblemAlert } from "./Problem";
import { placeText } from "./taxText";
import { useServerErrors } from "./useServerErrors";

type Props = { title: string; owner: Owner; country: string };

/** What tax authorities call a customer or the seller, country by country. */
export function TaxIdsPanel({ title, owner, country }: Props) {
  const list = useQuery(taxRegistrations(owner));
  const form = useForm({
    initialValues: { taxIdentifier: "", country, state: "" },
    validate: {
      taxIdentifier: (value) => (value.trim() ? null : "Give the tax id"),
      country: (value) => (value ? null : "Choose the country"),
    },
  });
  const adding = useSubmission<TaxRegistrationRequest, TaxRegistration>(addTaxRegistration, (made) => {
    done(`Tax id ${made.taxIdentifier} added.`);
    form.reset();
  });
  const removing = useSubmission<TaxRegistration, TaxRegistration>(
    ({ id }) => removeTaxRegistration(id),
    (gone) => done(`Tax id ${gone.taxIdentifier} removed.`),
  );
  const placed = useServerErrors(form, adding.error);
  const states = STATES[form.values.country];
  return (
    <Panel title={title} flush>
      {(list.data ?? []).length > 0 && (
        <table className="grid-table" aria-label={title}>
          <tbody>
            {(list.data ?? []).map((one) => (
              <tr key={one.id}>
                <td>{one.taxIdentifier}</td>
                <td>{placeText({ country: one.country, region: one.state })}</td>
                <td className="end">
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Remove tax id ${one.taxIdentifier}`}
                    loading={removing.isPending && removing.variables.id === one.id}
                    onClick={() => removing.mutate(one)}
                  >
                    <IconX size={16} />
                  </ActionIcon>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="panel-body">
        <form
          noValidate
          onSubmit={form.onSubmit((values) =>
            adding.mutate({
              taxIdentifier: values.taxIdentifier.trim(),
              country: values.country,
              state: (states && values.state) || undefined,
              [`${owner.kind}Id`]: owner.id,
            }),
          )}
        >
          <Group gap="xs" align="flex-start">
            <TextInput
              aria-label="New tax id"
              placeholder="New tax id"
              flex="1 1 160px"
              {...form.getInputProps("taxIdentifier")}
            />
            <Select
              aria-label="Country of the tax id"
              placeholder="Country"
              searchable
              allowDeselect={false}
              flex="1 1 160px"
              data={COUNTRIES}
              {...form.getInputProps("country")}
            />
            {states && (
              <Select
                aria-label="State of the tax id"
                placeholder="All states"
                searchable
                clearable
                flex="1 1 140px"
                data={states}
                {...form.getInputProps("state")}
                value={form.values.state || null}
                onChange={(code) => form.setFieldValue("state", code ?? "")}
              />
            )}
            <Button type="submit" variant="default" loading={adding.isPending}>
              Add tax id
            </Button>
          </Group>
        </form>
        <ProblemAlert error={list.error ?? removing.error ?? adding.error} except={placed} />
      </div>
    </Panel>
  );
}
