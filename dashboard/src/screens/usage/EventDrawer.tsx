import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { createEvent } from "../../api/usage";
import { useSubmission } from "../../api/submission";
import type { UsageEvent, UsageEventRequest } from "../../api/types";
import { FormDrawer } from "../../components/FormDrawer";
import { KeyValues, type Pair } from "../../components/KeyValues";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";
import { propertiesOf } from "./properties";

type Values = {
  customerAlias: string;
  eventType: string;
  eventTimestamp: string;
  customerEventId: string;
  pairs: Pair[];
};

export function EventDrawer({ onClose }: { onClose: () => void }) {
  const form = useForm<Values>({
    initialValues: {
      customerAlias: "",
      eventType: "",
      eventTimestamp: "",
      customerEventId: "",
      pairs: [{ key: "", value: "" }],
    },
    validate: {
      customerAlias: (value) => (value.trim() ? null : "Give an alias or the customer's id"),
      eventType: (value) => (value.trim() ? null : "Give the type, such as api_call"),
    },
  });
  const submission = useSubmission<UsageEventRequest, UsageEvent>(createEvent, () => {
    done("Usage event stored.");
    onClose();
  });
  const placed = useServerErrors(form, submission.error);
  return (
    <FormDrawer
      title="New usage event"
      submitLabel="Add event"
      onClose={onClose}
      onSubmit={form.onSubmit((values) =>
        submission.mutate({
          customerAlias: values.customerAlias.trim(),
          eventType: values.eventType.trim(),
          eventTimestamp: values.eventTimestamp ? `${values.eventTimestamp}Z` : undefined,
          customerEventId: values.customerEventId.trim() || undefined,
          eventProperties: propertiesOf(values.pairs),
        }),
      )}
      busy={submission.isPending}
      error={submission.error}
      placed={placed}
    >
      <TextInput
        label="Customer alias"
        description="An alias or the id of a customer. An unknown one is kept and counts once it is mapped."
        required
        data-autofocus
        {...form.getInputProps("customerAlias")}
      />
      <TextInput label="Event type" required {...form.getInputProps("eventType")} />
      <TextInput
        label="Timestamp (UTC)"
        type="datetime-local"
        step={1}
        description="Now, when it is empty."
        {...form.getInputProps("eventTimestamp")}
      />
      <TextInput
        label="Event id"
        description="Sending an id again replaces the earlier event. Made for you when empty."
        {...form.getInputProps("customerEventId")}
      />
      <KeyValues
        legend="Properties"
        hint="What metrics add up or filter by, such as tokens = 12."
        pairs={form.values.pairs}
        onChange={(pairs) => form.setFieldValue("pairs", pairs)}
      />
    </FormDrawer>
  );
}
