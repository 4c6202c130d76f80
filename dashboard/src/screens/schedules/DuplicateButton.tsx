import { Button, Group, Modal, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "react-router";

import { duplicateSchedule } from "../../api/schedules";
import { useSubmission } from "../../api/submission";
import type { Schedule } from "../../api/types";
import { CustomerSelect } from "../../components/CustomerSelect";
import { done } from "../../components/notify";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";

/** Copies a schedule onto another customer, as a draft. */
export function DuplicateButton({ id }: { id: string }) {
  const [opened, dialog] = useDisclosure(false);
  const navigate = useNavigate();
  const form = useForm<{ customerId: string | null }>({
    initialValues: { customerId: null },
    validate: { customerId: (value) => (value ? null : "Choose the customer") },
  });
  const copying = useSubmission<string, Schedule>(
    (customerId, key) => duplicateSchedule(id, customerId, key),
    (made) => {
      dialog.close();
      done("Billing schedule duplicated.");
      void navigate(`/billing/schedules/${made.id}`);
    },
  );
  const placed = useServerErrors(form, copying.error);
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Duplicate
      </Button>
      <Modal opened={opened} onClose={dialog.close} title="Duplicate this billing schedule">
        <form
          noValidate
          onSubmit={form.onSubmit(({ customerId }) => {
            if (customerId) copying.mutate(customerId);
          })}
        >
          <Stack gap="md">
            <CustomerSelect label="For customer" required {...form.getInputProps("customerId")} />
            <ProblemAlert error={copying.error} except={placed} />
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close}>
                Cancel
              </Button>
              <Button type="submit" loading={copying.isPending}>
                Duplicate
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
