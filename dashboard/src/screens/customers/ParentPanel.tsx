import { Anchor, Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { moveCustomer, parentHistory, type MoveRequest } from "../../api/customers";
import { useSubmission } from "../../api/submission";
import type { Customer, ParentLink } from "../../api/types";
import { CustomerSelect } from "../../components/CustomerSelect";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Missing, Moment } from "../../components/Figures";
import { today } from "../../components/format";
import { done } from "../../components/notify";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";

const since = (instant: string) =>
  instant.startsWith("1970-01-01") ? "Always" : <Moment value={instant} />;

const COLUMNS: Column<ParentLink>[] = [
  {
    title: "Parent",
    cell: (row) =>
      row.parentId ? (
        <Anchor component={Link} to={`/customers/${row.parentId}`} size="sm">
          {row.parentName ?? row.parentId}
        </Anchor>
      ) : (
        "None (top)"
      ),
  },
  { title: "From", cell: (row) => since(row.effectiveFrom) },
  { title: "Until", cell: (row) => (row.effectiveTo ? <Moment value={row.effectiveTo} /> : "Open-ended") },
  { title: "Recorded", cell: (row) => <Moment value={row.recordedAt} />, wideOnly: true },
  { title: "Reason", cell: (row) => row.reason ?? <Missing />, wideOnly: true },
  {
    title: "In force",
    cell: (row) => (row.supersededAt ? "Replaced" : "Yes"),
    wideOnly: true,
  },
];

/** Whose child the customer was, is and will be. */
export function ParentPanel({ customer }: { customer: Customer }) {
  const { data, error } = useQuery(parentHistory(customer.id));
  const [opened, dialog] = useDisclosure(false);
  return (
    <Panel
      title="Parent history"
      flush
      actions={
        <Button size="compact-sm" variant="default" onClick={dialog.open}>
          Change from a date
        </Button>
      }
    >
      {error ? (
        <div className="panel-body">
          <ProblemAlert error={error} />
        </div>
      ) : (
        <DataTable
          label="Parent history"
          columns={COLUMNS}
          rows={data?.items}
          rowKey={(row) => row.id ?? `${row.effectiveFrom}${row.recordedAt}`}
          sketch={1}
          empty={<Empty title="Never had a parent">This customer has always been at the top.</Empty>}
        />
      )}
      {opened && <MoveDialog customer={customer} onClose={dialog.close} />}
    </Panel>
  );
}

function MoveDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const form = useForm<{ parentId: string | null; effectiveFrom: string; reason: string }>({
    initialValues: { parentId: customer.parentId ?? null, effectiveFrom: today(), reason: "" },
    validate: { effectiveFrom: (value) => (value ? null : "Give the first day") },
  });
  const moving = useSubmission<MoveRequest, unknown>(
    (body, key) => moveCustomer(customer.id, body, key),
    () => {
      done(`The parent of ${customer.legalName} is changed.`);
      onClose();
    },
  );
  const placed = useServerErrors(form, moving.error);
  return (
    <Modal opened onClose={onClose} title="Change parent from a date">
      <form
        noValidate
        onSubmit={form.onSubmit(({ parentId, effectiveFrom, reason }) =>
          moving.mutate({
            parentId,
            effectiveFrom: `${effectiveFrom}T00:00:00.000Z`,
            reason: reason.trim() || undefined,
          }),
        )}
      >
        <Stack gap="sm">
          <CustomerSelect
            label="New parent"
            description="Leave empty to make it independent."
            except={customer.id}
            {...form.getInputProps("parentId")}
          />
          <TextInput
            label="From"
            type="date"
            required
            description="From 00:00 UTC of this day. Usage before it stays with the earlier parent."
            {...form.getInputProps("effectiveFrom")}
          />
          <TextInput label="Reason" {...form.getInputProps("reason")} />
          <ProblemAlert error={moving.error} except={placed} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={moving.isPending}>
              Change parent
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
