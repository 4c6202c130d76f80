import { Button, Group, Modal, Stack, Text, TextInput, type ButtonProps } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";

import { useSubmission } from "../api/submission";
import { focusInvalid } from "./focusInvalid";
import { done } from "./notify";
import { ProblemAlert } from "./Problem";
import { useServerErrors } from "./useServerErrors";

type Props = {
  label: string;
  title: string;
  /** What the day is. */
  dayLabel: string;
  /** The day to propose. */
  day: string;
  min?: string;
  max?: string;
  /** What doing it with a day brings, a sentence each. */
  notes: (day: string) => string[];
  /** The words on the button that does it; the same as `label` unless given. */
  confirmLabel?: string;
  /** The words on the button that does nothing. */
  dismissLabel: string;
  act: (day: string, key: string) => Promise<unknown>;
  doneText: (day: string) => string;
  danger?: boolean;
  button?: ButtonProps;
};

/** A button whose deed takes a day, and says first what it brings. */
export function DayDialog(props: Props) {
  const [opened, dialog] = useDisclosure(false);
  return (
    <>
      <Button variant="default" onClick={dialog.open} {...props.button}>
        {props.label}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={props.title}>
        <DayForm {...props} onClose={dialog.close} />
      </Modal>
    </>
  );
}

function DayForm(props: Props & { onClose: () => void }) {
  const form = useForm({
    initialValues: { day: props.day },
    validate: { day: (day: string) => (day ? null : "Give the day") },
  });
  const { day } = form.values;
  const doing = useSubmission<string, unknown>(props.act, (_, given) => {
    props.onClose();
    done(props.doneText(given));
  });
  const placed = useServerErrors(form, doing.error, () => "day");
  return (
    <form
      noValidate
      onSubmit={(event) => {
        form.onSubmit((values) => doing.mutate(values.day))(event);
        focusInvalid(event.currentTarget);
      }}
    >
      <Stack gap="md">
        <TextInput
          label={props.dayLabel}
          type="date"
          required
          min={props.min}
          max={props.max}
          data-autofocus
          {...form.getInputProps("day")}
        />
        {day && (
          <div aria-live="polite">
            {props.notes(day).map((note) => (
              <Text key={note} size="sm" mb={6}>
                {note}
              </Text>
            ))}
          </div>
        )}
        <ProblemAlert error={doing.error} except={placed} />
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            {props.dismissLabel}
          </Button>
          <Button type="submit" color={props.danger ? "red.8" : undefined} loading={doing.isPending}>
            {props.confirmLabel ?? props.label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
