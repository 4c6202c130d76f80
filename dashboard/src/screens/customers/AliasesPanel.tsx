import { ActionIcon, Button, Group, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { addAlias, aliases, removeAlias } from "../../api/customers";
import { useSubmission } from "../../api/submission";
import type { Alias } from "../../api/types";
import { done } from "../../components/notify";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";

/** The names usage events may use for the customer. */
export function AliasesPanel({ customerId }: { customerId: string }) {
  const list = useQuery(aliases(customerId));
  const form = useForm({
    initialValues: { value: "" },
    validate: { value: (value) => (value.trim() ? null : "Give the alias") },
  });
  const adding = useSubmission<{ customerId: string; value: string }, Alias>(addAlias, (added) => {
    done(`Alias ${added.value} added.`);
    form.reset();
  });
  const removing = useSubmission<Alias, Alias>(
    (alias) => removeAlias(alias.id),
    (_, alias) => done(`Alias ${alias.value} removed.`),
  );
  const placed = useServerErrors(form, adding.error);
  const items = (list.data?.items ?? []).filter(({ value }) => value !== customerId);
  return (
    <Panel title="Aliases" flush>
      <table className="grid-table" aria-label="Aliases">
        <tbody>
          <tr>
            <td>
              <code>{customerId}</code>
            </td>
            <td className="end" style={{ color: "var(--mantine-color-dimmed)" }}>
              always
            </td>
          </tr>
          {items.map((alias) => (
            <tr key={alias.id}>
              <td>
                <code>{alias.value}</code>
              </td>
              <td className="end">
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Remove alias ${alias.value}`}
                  loading={removing.isPending && removing.variables.id === alias.id}
                  onClick={() => removing.mutate(alias)}
                >
                  <IconX size={16} />
                </ActionIcon>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="panel-body">
        <form
          noValidate
          onSubmit={form.onSubmit(({ value }) => adding.mutate({ customerId, value: value.trim() }))}
        >
          <Group gap="xs" align="flex-start">
            <TextInput
              aria-label="New alias"
              placeholder="New alias"
              flex={1}
              {...form.getInputProps("value")}
            />
            <Button type="submit" variant="default" loading={adding.isPending}>
              Add alias
            </Button>
          </Group>
        </form>
        <ProblemAlert error={list.error ?? removing.error} />
        <ProblemAlert error={onlyUnplaced(adding.error, placed)} except={placed} />
      </div>
    </Panel>
  );
}

/** Nothing, when every refusal already stands beside its field. */
function onlyUnplaced(
  error: ReturnType<typeof useSubmission>["error"],
  placed: ReturnType<typeof useServerErrors>,
) {
  const all = error && error.errors.length > 0 && error.errors.every(placed);
  return all ? null : error;
}
