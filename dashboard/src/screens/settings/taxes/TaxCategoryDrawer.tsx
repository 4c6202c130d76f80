import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { useSubmission } from "../../../api/submission";
import { saveTaxCategory } from "../../../api/taxes";
import type { TaxCategory, TaxCategoryRequest } from "../../../api/types";
import { FormDrawer } from "../../../components/FormDrawer";
import { done } from "../../../components/notify";
import { useServerErrors } from "../../../components/useServerErrors";

type Props = { category?: TaxCategory; onClose: () => void };

export function TaxCategoryDrawer({ category, onClose }: Props) {
  const form = useForm({
    initialValues: { name: category?.name ?? "", description: category?.description ?? "" },
    validate: { name: (value) => (value.trim() ? null : "Give the category's name") },
  });
  const saving = useSubmission<TaxCategoryRequest, TaxCategory>(
    (body, key) => saveTaxCategory(category?.id ?? null, body, key),
    (saved) => {
      done(`${saved.name} ${category ? "updated" : "added"}.`);
      onClose();
    },
  );
  const placed = useServerErrors(form, saving.error);
  return (
    <FormDrawer
      title={category ? "Edit tax category" : "New tax category"}
      submitLabel={category ? "Update" : "Add tax category"}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, description }) =>
        saving.mutate({
          isPublished: true,
          name: name.trim(),
          description: description.trim() || undefined,
        }),
      )}
      busy={saving.isPending}
      error={saving.error}
      placed={placed}
    >
      <TextInput label="Category name" required data-autofocus {...form.getInputProps("name")} />
      <TextInput label="Description" {...form.getInputProps("description")} />
    </FormDrawer>
  );
}
