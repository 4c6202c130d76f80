import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { saveSeatMetric, type SeatMetric, type SeatMetricRequest } from "../../api/seats";
import { useSubmission } from "../../api/submission";
import { FormDrawer } from "../../components/FormDrawer";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";

type Values = { seatType: string; label: string; description: string };

/** A new kind of seat, or new words for one. */
export function SeatMetricDrawer({ metric, onClose }: { metric?: SeatMetric; onClose: () => void }) {
  const form = useForm<Values>({
    initialValues: {
      seatType: metric?.seatType ?? "",
      label: metric?.label ?? "",
      description: metric?.description ?? "",
    },
    validate: {
      label: (value) => (value.trim() ? null : "Give the words for invoices, such as Full users"),
      seatType: (value) =>
        /^[a-z][a-z0-9_]*$/.test(value) ? null : "Small letters, digits and _, such as full_user",
    },
  });
  const saving = useSubmission<SeatMetricRequest, SeatMetric>(
    (body, key) => saveSeatMetric(metric?.id ?? null, body, key),
    (saved) => {
      done(`${saved.label} ${metric ? "updated" : "added"}.`);
      onClose();
    },
  );
  const placed = useServerErrors(form, saving.error);
  return (
    <FormDrawer
      title={metric ? "Edit seat metric" : "New seat metric"}
      submitLabel={metric ? "Update" : "Add seat metric"}
      onClose={onClose}
      onSubmit={form.onSubmit(({ seatType, label, description }) =>
        saving.mutate({ seatType, label: label.trim(), description: description.trim() || undefined }),
      )}
      busy={saving.isPending}
      error={saving.error}
      placed={placed}
    >
      <TextInput
        label="Label"
        description="What invoices call the seats."
        placeholder="Full users"
        required
        data-autofocus
        {...form.getInputProps("label")}
      />
      <TextInput
        label="Seat type"
        description={metric ? "Stays as it is." : "What seat events say. It cannot be changed later."}
        placeholder="full_user"
        required
        disabled={metric !== undefined}
        {...form.getInputProps("seatType")}
      />
      <TextInput label="Description" {...form.getInputProps("description")} />
    </FormDrawer>
  );
}
