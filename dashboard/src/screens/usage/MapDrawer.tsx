import { Text } from "@mantine/core";
import { useForm } from "@mantine/form";

import { addAlias } from "../../api/customers";
import { useSubmission } from "../../api/submission";
import type { Alias } from "../../api/types";
import { CustomerSelect } from "../../components/CustomerSelect";
import { FormDrawer } from "../../components/FormDrawer";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";

/** Gives an alias under which usage came to the customer whose it is. */
export function MapDrawer({ alias, onClose }: { alias: string; onClose: () => void }) {
  const form = useForm({
    initialValues: { customerId: null as string | null },
    validate: { customerId: (id) => (id ? null : "Choose the customer") },
  });
  const submission = useSubmission<{ customerId: string; value: string }, Alias>(addAlias, () => {
    done(`Alias ${alias} added.`);
    onClose();
  });
  const placed = useServerErrors(form, submission.error);
  return (
    <FormDrawer
      title={`Whose is ${alias}?`}
      submitLabel="Give alias"
      onClose={onClose}
      onSubmit={form.onSubmit(({ customerId }) =>
        submission.mutate({ customerId: customerId ?? "", value: alias }),
      )}
      busy={submission.isPending}
      error={submission.error}
      placed={placed}
    >
      <Text size="sm">
        All its events count for this customer from then on. Drafts follow when they are recalculated;
        where an invoice of their time is final, the next one bills them.
      </Text>
      <CustomerSelect label="Customer" required {...form.getInputProps("customerId")} />
    </FormDrawer>
  );
}
