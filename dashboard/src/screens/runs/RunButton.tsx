import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "react-router";

import { startRun, type BillingRunReport } from "../../api/runs";
import { useSubmission } from "../../api/submission";
import { today } from "../../components/format";
import { done } from "../../components/notify";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";

/** Starts to bill everything due by a day, and goes to the run to watch it. */
export function RunButton() {
  const [opened, dialog] = useDisclosure(false);
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { asOf: today() },
    validate: { asOf: (value) => (value ? null : "Choose a day") },
  });
  const running = useSubmission<string, BillingRunReport>(startRun, (made) => {
    dialog.close();
    done("Billing run started.");
    void navigate(`/billing/runs/${made.id}`);
  });
  const placed = useServerErrors(form, running.error);
  return (
    <>
      <Button onClick={dialog.open}>Run billing</Button>
      <Modal opened={opened} onClose={dialog.close} title="Run billing">
        <form noValidate onSubmit={form.onSubmit(({ asOf }) => running.mutate(asOf))}>
          <Stack gap="md">
            <Text size="sm" c="dimmed">
              Drafts an invoice for everything due, checks that it all adds up, and then issues what issues
              itself. Running it again bills nothing twice.
            </Text>
            <TextInput type="date" label="Due up to" required {...form.getInputProps("asOf")} />
            <ProblemAlert error={running.error} except={placed} />
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close}>
                Cancel
              </Button>
              <Button type="submit" loading={running.isPending}>
                Run billing
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
