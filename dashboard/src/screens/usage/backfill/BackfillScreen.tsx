import { Alert, Button, Group, Stack, TagsInput, Text, Textarea, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { RawJson, type Problem } from "../../../api/http";
import { useSubmission } from "../../../api/submission";
import type { BackfillCounts, BackfillPreview } from "../../../api/types";
import { makeBackfill, previewBackfill } from "../../../api/usage";
import { Unreadable } from "../../../components/csv";
import { DropZone } from "../../../components/DropZone";
import { focusInvalid } from "../../../components/focusInvalid";
import { decimalText, plural } from "../../../components/format";
import { PageHead } from "../../../components/PageHead";
import { Panel } from "../../../components/Panel";
import { ProblemAlert } from "../../../components/Problem";
import { useServerErrors } from "../../../components/useServerErrors";
import { Effects } from "./Effects";
import { Filled } from "./Filled";
import { bodyOf, problemsOf, windowOf, type WindowValues } from "./window";

const MOST_BYTES = 10 * 1024 * 1024;

/** All events of a window sent once more: what that does to bills comes first, then the deed. */
export default function BackfillScreen() {
  const [filled, setFilled] = useState<BackfillCounts>();
  const form = useForm<WindowValues>({ initialValues: windowOf(), validate: problemsOf });
  const [unreadable, setUnreadable] = useState<string>();
  const preview = useMutation<BackfillPreview, Problem, string>({
    mutationFn: (text) => previewBackfill(new RawJson(text)),
  });
  const filling = useSubmission<string, BackfillCounts>(
    (text, key) => makeBackfill(new RawJson(text), key),
    setFilled,
  );
  const error = filling.error ?? preview.error;
  const placed = useServerErrors(form, error);
  form.watch("events", () => setUnreadable(undefined));

  function show(values: WindowValues) {
    filling.reset();
    try {
      preview.mutate(bodyOf(values));
    } catch (problem) {
      preview.reset();
      if (!(problem instanceof Unreadable)) throw problem;
      setUnreadable(problem.message);
    }
  }

  if (filled) return <Filled counts={filled} window={form.values} onMore={() => setFilled(undefined)} />;
  const current = preview.data && preview.variables === bodyOrNothing(form.values);
  return (
    <Stack gap="md">
      <PageHead title="Fill a window anew" crumbs={[{ title: "Usage", to: "/usage" }]} />
      <form
        noValidate
        onSubmit={(event) => {
          form.onSubmit(show)(event);
          focusInvalid(event.currentTarget);
        }}
      >
        <Panel title="The window and its events">
          <Stack gap="md">
            <Text size="sm" maw="72ch">
              The events given take the place of all that count in the window. What is not among them is
              cancelled, what differs is replaced, what is the same stays. Nothing happens before you
              have seen what it does to bills.
            </Text>
            <Fields form={form} onFile={(file) => void read(file, form, setUnreadable)} />
            {unreadable && (
              <Alert color="orange" variant="outline" className="problem" role="alert" title="Unreadable">
                {unreadable}
              </Alert>
            )}
            <ProblemAlert error={error} except={placed} />
            <Button type="submit" loading={preview.isPending} style={{ alignSelf: "flex-start" }}>
              Preview
            </Button>
          </Stack>
        </Panel>
      </form>
      {preview.data && (
        <Effects
          found={preview.data}
          stale={!current}
          busy={filling.isPending}
          onFill={() => preview.variables !== undefined && filling.mutate(preview.variables)}
        />
      )}
    </Stack>
  );
}

function bodyOrNothing(values: WindowValues): string | undefined {
  try {
    return bodyOf(values);
  } catch {
    return undefined;
  }
}

type Form = UseFormReturnType<WindowValues>;

async function read(file: File, form: Form, refuse: (why: string) => void): Promise<void> {
  if (file.size > MOST_BYTES) {
    refuse("At most 10 MiB are taken at once. Choose a shorter window.");
    return;
  }
  form.setFieldValue("events", await file.text());
}

function Fields({ form, onFile }: { form: Form; onFile: (file: File) => void }) {
  const lines = form.values.events.split("\n").filter((line) => line.trim()).length;
  return (
    <>
      <Group align="flex-start" gap="md">
        <TextInput label="Event type" required flex="1 1 200px" {...form.getInputProps("eventType")} />
        <TagsInput
          label="Customer aliases"
          description="Leave empty for all."
          inputWrapperOrder={["label", "input", "description", "error"]}
          flex="2 1 260px"
          {...form.getInputProps("customerAliases")}
        />
      </Group>
      <Group align="flex-start" gap="md">
        <TextInput
          label="From (UTC)"
          type="datetime-local"
          step={1}
          required
          flex="1 1 200px"
          {...form.getInputProps("start")}
        />
        <TextInput
          label="To before (UTC)"
          type="datetime-local"
          step={1}
          required
          flex="1 1 200px"
          {...form.getInputProps("end")}
        />
      </Group>
      <DropZone accept=".json,.jsonl,.ndjson,.csv,.tsv,.txt" onFile={onFile}>
        An array in JSON, an event a line, or CSV with the columns customerAlias, customerEventId and
        eventTimestamp; up to 10,000 events.
      </DropZone>
      <Textarea
        label="Events"
        description={
          lines
            ? `${plural(lines, "line")}, ${decimalText(form.values.events.length)} characters`
            : "Or paste them here. With none, all of the window is cancelled."
        }
        placeholder={
          '{"customerAlias": "nw-eu", "eventType": "api_call", "customerEventId": "evt-9", "eventTimestamp": "2026-03-02T10:00:00Z"}'
        }
        rows={8}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", whiteSpace: "pre" } }}
        {...form.getInputProps("events")}
      />
    </>
  );
}
