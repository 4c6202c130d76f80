import { Button, Drawer, Group, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";

import type { FieldProblem } from "../api/http";
import { focusInvalid } from "./focusInvalid";
import { ProblemAlert } from "./Problem";

type Props = {
  title: string;
  submitLabel: string;
  onClose: () => void;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  busy: boolean;
  /** What it asks for cannot be done; the form says why. */
  disabled?: boolean;
  error: unknown;
  placed?: (error: FieldProblem) => boolean;
  children: ReactNode;
  size?: number;
};

/** A form beside the page it belongs to. It can be sent once at a time. */
export function FormDrawer(props: Props) {
  return (
    <Drawer opened onClose={props.onClose} title={props.title} size={props.size}>
      <form
        noValidate
        onSubmit={(event) => {
          props.onSubmit(event);
          focusInvalid(event.currentTarget);
        }}
      >
        <Stack gap="md">{props.children}</Stack>
        <Stack gap="sm" className="drawer-foot">
          <ProblemAlert error={props.error} except={props.placed} />
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={props.busy} disabled={props.disabled}>
              {props.submitLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}
