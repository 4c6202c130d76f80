import { Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { createSeatEvent, everySeatMetric, type SeatEvent, type SeatEventRequest } from "../../api/seats";
import { useSubmission } from "../../api/submission";
import { FormDrawer } from "../../components/FormDrawer";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";

type Values = {
  customerAlias: string;
  seatType: string | null;
  total: string;
  eventTimestamp: string;
  customerEventId: string;
};

export function SeatEventDrawer({ onClose }: { onClose: () => void }) {
  const metrics = useQuery(everySeatMetric);
  const form = useForm<Values>({
    initialValues: { customerAlias: "", seatType: null, total: "", eventTimestamp: "", customerEventId: "" },
    validate: {
      customerAlias: (value) => (value.trim() ? null : "Give an alias or the customer's id"),
      seatType: (value) => (value ? null : "Choose which seats are meant"),
      total: (value) => (/^\d{1,9}$/.test(value.trim()) ? null : "Give a whole number, 0 if none is left"),
    },
  });
  const submission = useSubmission<SeatEventRequest, SeatEvent>(createSeatEvent, () => {
    done("Seat event stored.");
    onClose();
  });
  const placed = useServerErrors(form, submission.error);
  return (
    <FormDrawer
      title="New seat event"
      submitLabel="Add event"
      onClose={onClose}
      onSubmit={form.onSubmit((values) =>
        submission.mutate({
          customerAlias: values.customerAlias.trim(),
          seatType: values.seatType ?? "",
          total: Number(values.total),
          eventTimestamp: values.eventTimestamp ? `${values.eventTimestamp}Z` : new Date().toISOString(),
          customerEventId: values.customerEventId.trim() || undefined,
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
      <Select
        label="Kind"
        required
        searchable
        placeholder="Choose a seat metric"
        nothingFoundMessage="No such seat metric"
        data={(metrics.data ?? []).map(({ seatType, label }) => ({ value: seatType, label }))}
        {...form.getInputProps("seatType")}
      />
      <TextInput
        label="Seats"
        description="How many there are from then on, not how many more."
        required
        inputMode="numeric"
        {...form.getInputProps("total")}
      />
      <TextInput
        label="From (UTC)"
        type="datetime-local"
        step={1}
        description="Now, when it is empty. The last total of a day counts for all of it."
        {...form.getInputProps("eventTimestamp")}
      />
      <TextInput
        label="Event id"
        description="Sending an id again replaces the earlier event. Made for you when empty."
        {...form.getInputProps("customerEventId")}
      />
    </FormDrawer>
  );
}
