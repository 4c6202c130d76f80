import { Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";

import { moveCustomer, movePreview, type MoveRequest } from "../../api/families";
import { useSubmission } from "../../api/submission";
import type { ParentLink } from "../../api/types";
import { CustomerSelect } from "../../components/CustomerSelect";
import { dayText } from "../../components/format";
import { FormDrawer } from "../../components/FormDrawer";
import { midnight } from "../../components/instants";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";
import { MoveBills } from "./MoveBills";

type Props = {
  customer: { id: string; name: string };
  /** The parent to begin with; null is the top. */
  parentId: string | null;
  /** The first day to begin with. */
  day: string;
  onClose: () => void;
  onMoved?: (link: ParentLink) => void;
};

/** A move from a day on, with what it does to bills; nothing is moved before that is confirmed. */
export function MoveDrawer({ customer, parentId: proposed, day, onClose, onMoved }: Props) {
  const form = useForm<{ parentId: string | null; effectiveFrom: string; reason: string }>({
    initialValues: { parentId: proposed, effectiveFrom: day, reason: "" },
    validate: { effectiveFrom: (value) => (value ? null : "Give the first day") },
  });
  const { parentId } = form.values;
  const [firstDay] = useDebouncedValue(form.values.effectiveFrom, 300);
  const effectiveFrom = midnight(firstDay);
  const whole = firstDay >= "1970";
  const preview = useQuery({ ...movePreview(customer.id, parentId, effectiveFrom), enabled: whole });
  const moving = useSubmission<MoveRequest, ParentLink>(
    (body, key) => moveCustomer(customer.id, body, key),
    (link, body) => {
      done(`${customer.name} ${whereTo(link)} from ${dayText(body.effectiveFrom)} on.`);
      onMoved?.(link);
      onClose();
    },
  );
  const placed = useServerErrors(form, moving.error);
  return (
    <FormDrawer
      title={`Move ${customer.name}`}
      submitLabel="Move"
      size={680}
      onClose={onClose}
      busy={moving.isPending}
      disabled={preview.data?.refusal !== undefined}
      error={moving.error}
      placed={placed}
      onSubmit={form.onSubmit((values) =>
        moving.mutate({
          parentId: values.parentId,
          effectiveFrom: midnight(values.effectiveFrom),
          reason: values.reason.trim() || undefined,
        }),
      )}
    >
      <CustomerSelect
        label="New parent"
        description="Leave empty to move it to the top."
        except={customer.id}
        {...form.getInputProps("parentId")}
      />
      <TextInput
        label="From"
        type="date"
        required
        description="From 00:00 UTC of this day, for good. Usage before it stays with the earlier parent."
        {...form.getInputProps("effectiveFrom")}
      />
      <TextInput
        label="Reason"
        description="Kept with the move, for whoever asks later."
        {...form.getInputProps("reason")}
      />
      {whole ? (
        <MoveBills customerId={customer.id} parentId={parentId} effectiveFrom={effectiveFrom} />
      ) : (
        <Text size="sm" c="dimmed">
          Give a day to see what the move does to bills.
        </Text>
      )}
    </FormDrawer>
  );
}

const whereTo = ({ parentId, parentName }: ParentLink) =>
  parentId ? `is below ${parentName ?? parentId}` : "stands at the top";
