import { Button, Group, Modal, Stack, Text, type ButtonProps } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";

import { useSubmission } from "../api/submission";
import { done } from "./notify";
import { ProblemAlert } from "./Problem";

type Props<Result> = {
  label: string;
  title: string;
  children: ReactNode;
  /** The word on the button that does it; the same as `label` unless given. */
  confirmLabel?: string;
  /** The word on the button that does nothing; "Cancel" unless that could be the deed. */
  dismissLabel?: string;
  act: (key: string) => Promise<Result>;
  onDone?: (result: Result) => void;
  doneText: string;
  danger?: boolean;
  button?: ButtonProps;
};

/** A button whose deed is asked about first. */
export function ConfirmButton<Result>(props: Props<Result>) {
  const [opened, dialog] = useDisclosure(false);
  const submission = useSubmission<null, Result>(
    (_, key) => props.act(key),
    (result) => {
      dialog.close();
      done(props.doneText);
      props.onDone?.(result);
    },
  );
  const open = () => {
    submission.reset();
    dialog.open();
  };
  const colour = props.danger ? "red.8" : undefined;
  return (
    <>
      <Button variant="default" onClick={open} {...props.button}>
        {props.label}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={props.title}>
        <Stack gap="md">
          <Text size="sm" component="div">
            {props.children}
          </Text>
          <ProblemAlert error={submission.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.close}>
              {props.dismissLabel ?? "Cancel"}
            </Button>
            <Button
              color={colour}
              loading={submission.isPending}
              onClick={() => submission.mutate(null)}
              data-autofocus
            >
              {props.confirmLabel ?? props.label}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
