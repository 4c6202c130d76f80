import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";

import { cancelSchedule } from "../../api/schedules";
import { useSubmission } from "../../api/submission";
import type { Schedule } from "../../api/types";
import { focusInvalid } from "../../components/focusInvalid";
import { dayText, today } from "../../components/format";
import { done } from "../../components/notify";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";
import { endNotes, lastDayFor } from "./stopping";

/** Ends a schedule with a day, after saying what that brings. */
export function CancelButton({ shown }: { shown: Schedule }) {
  const [opened, dialog] = useDisclosure(false);
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Cancel schedule
      </Button>
      <Modal opened={opened} onClose={dialog.close} title="Cancel this billing schedule?">
        <CancelForm shown={shown} onClose={dialog.close} />
      </Modal>
    </>
  );
}

function CancelForm({ shown, onClose }: { shown: Schedule; onClose: () => void }) {
  const now = today();
  const form = useForm({
    initialValues: { endDate: lastDayFor(shown, now) },
    validate: { endDate: (day: string) => (day ? null : "Give the last day") },
  });
  const { endDate } = form.values;
  const cancelling = useSubmission<string, Schedule>(
    (lastDay, key) => cancelSchedule(shown.id, lastDay, key),
    (_, lastDay) => {
      onClose();
      done(`Billing schedule ${lastDay < now ? "ended" : "ends"} with ${dayText(lastDay)}.`);
    },
  );
  const placed = useServerErrors(form, cancelling.error);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        form.onSubmit((values) => cancelling.mutate(values.endDate))(event);
        focusInvalid(event.currentTarget);
      }}
    >
      <Stack gap="md">
        <TextInput
          label="Last day"
          type="date"
          required
          min={shown.startDate}
          max={shown.endDate}
          data-autofocus
          {...form.getInputProps("endDate")}
        />
        {endDate && (
          <div aria-live="polite">
            {endNotes(shown, endDate, now).map((note) => (
              <Text key={note} size="sm" mb={6}>
                {note}
              </Text>
            ))}
          </div>
        )}
        <ProblemAlert error={cancelling.error} except={placed} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button type="submit" color="red.8" loading={cancelling.isPending}>
            Cancel schedule
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
