import { Button, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { billingBounds, saveBillingBounds, type BillingBounds } from "../../api/runs";
import { useSubmission } from "../../api/submission";
import { FormDrawer } from "../../components/FormDrawer";
import { done } from "../../components/notify";
import { useParam } from "../../components/useFilters";
import { useServerErrors } from "../../components/useServerErrors";
import { boundsBody, boundsErrors, boundsValues } from "./boundsForm";

/** Shows and changes what an invoice must keep to, to be issued by itself. */
export function BoundsButton() {
  const [opened, open] = useParam("bounds");
  const { data } = useQuery(billingBounds);
  return (
    <>
      <Button variant="default" onClick={() => open("1")}>
        Bounds
      </Button>
      {opened && data && <BoundsDrawer known={data} onClose={() => open(null)} />}
    </>
  );
}

function BoundsDrawer({ known, onClose }: { known: BillingBounds; onClose: () => void }) {
  const form = useForm({ initialValues: boundsValues(known), validate: boundsErrors });
  const saving = useSubmission<BillingBounds, BillingBounds>(saveBillingBounds, () => {
    done("Bounds saved.");
    onClose();
  });
  const placed = useServerErrors(form, saving.error);
  return (
    <FormDrawer
      title="Bounds of what is issued"
      submitLabel="Save"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => saving.mutate(boundsBody(values)))}
      busy={saving.isPending}
      error={saving.error}
      placed={placed}
    >
      <Text size="sm" c="dimmed">
        An invoice beyond these, or below zero, looks like a slip: a run drafts it, and leaves it to be looked
        at. They hold from the next run on.
      </Text>
      <TextInput
        label="Most lines"
        required
        data-autofocus
        inputMode="numeric"
        {...form.getInputProps("mostLines")}
      />
      <TextInput
        label="Most times the usual"
        description="Of the average of the schedule's last invoices."
        required
        inputMode="decimal"
        {...form.getInputProps("jumpFactor")}
      />
      <TextInput
        label="From a total of"
        description="Smaller invoices may be any number of times the usual."
        required
        inputMode="decimal"
        {...form.getInputProps("jumpFrom")}
      />
    </FormDrawer>
  );
}
