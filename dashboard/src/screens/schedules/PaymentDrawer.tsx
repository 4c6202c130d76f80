import { Select, Switch, Text } from "@mantine/core";
import { useForm } from "@mantine/form";

import { savePayment, type PaymentChoice } from "../../api/schedules";
import { useSubmission } from "../../api/submission";
import type { Schedule } from "../../api/types";
import { FormDrawer } from "../../components/FormDrawer";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";
import { paymentValues, PROVIDERS } from "./payment";

/** By whom all of a schedule is to be paid. */
export function PaymentDrawer({ shown, onClose }: { shown: Schedule; onClose: () => void }) {
  const form = useForm<PaymentChoice>({ initialValues: paymentValues(shown) });
  const saving = useSubmission<PaymentChoice, unknown>(
    (values, key) => savePayment(shown, values, key),
    () => {
      done("Payment settings saved.");
      onClose();
    },
  );
  const placed = useServerErrors(form, saving.error);
  const { paymentProvider } = form.values;
  const charges = paymentProvider === "STRIPE" || paymentProvider === "GOCARDLESS";
  return (
    <FormDrawer
      title="Payment settings"
      submitLabel="Save"
      onClose={onClose}
      onSubmit={form.onSubmit((values) =>
        saving.mutate({ ...values, autoCharge: charges && values.autoCharge }),
      )}
      busy={saving.isPending}
      error={saving.error}
      placed={placed}
    >
      <Text size="sm" c="dimmed">
        Kept and shown with the schedule; nothing is charged yet. What is set for a single invoice comes first.
      </Text>
      <Select
        label="Payment provider"
        data={PROVIDERS}
        allowDeselect={false}
        data-autofocus
        {...form.getInputProps("paymentProvider")}
      />
      <Switch
        label="Charge automatically"
        description="When an invoice is issued."
        disabled={!charges}
        {...form.getInputProps("autoCharge", { type: "checkbox" })}
        checked={charges && form.values.autoCharge}
      />
    </FormDrawer>
  );
}
