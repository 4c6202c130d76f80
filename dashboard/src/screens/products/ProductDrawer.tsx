import { Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { createProduct, updateProduct } from "../../api/catalogue";
import { useSubmission } from "../../api/submission";
import { taxCategories } from "../../api/taxes";
import type { Product, ProductRequest } from "../../api/types";
import { FormDrawer } from "../../components/FormDrawer";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";

type Props = { product?: Product; onClose: () => void };

export function ProductDrawer({ product, onClose }: Props) {
  const navigate = useNavigate();
  const form = useForm({
    initialValues: {
      name: product?.name ?? "",
      label: product?.label ?? "",
      taxCategoryId: product?.taxCategoryId ?? "",
    },
    validate: { name: (value) => (value.trim() ? null : "Give the product's name") },
  });
  const categories = useQuery(taxCategories);
  const submission = useSubmission<ProductRequest, Product>(
    (body, key) => (product ? updateProduct(product.id, body) : createProduct(body, key)),
    (saved) => {
      done(`${saved.name} ${product ? "updated" : "added"}.`);
      if (product) onClose();
      else void navigate(`/products/${saved.id}`);
    },
  );
  const placed = useServerErrors(form, submission.error);
  return (
    <FormDrawer
      title={product ? "Edit product" : "New product"}
      submitLabel={product ? "Update" : "Add product"}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, label, taxCategoryId }) =>
        submission.mutate({
          name: name.trim(),
          label: label.trim() || undefined,
          taxCategoryId: taxCategoryId || undefined,
        }),
      )}
      busy={submission.isPending}
      error={submission.error}
      placed={placed}
    >
      <TextInput label="Product name" required data-autofocus {...form.getInputProps("name")} />
      <TextInput
        label="Label"
        description="The heading on invoices; the name is used when it is empty."
        {...form.getInputProps("label")}
      />
      <Select
        label="Tax category"
        description="Lines have the category's tax rate where the customer is, else the rate for all products."
        placeholder="None"
        clearable
        data={(categories.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        {...form.getInputProps("taxCategoryId")}
        value={form.values.taxCategoryId || null}
        onChange={(id) => form.setFieldValue("taxCategoryId", id ?? "")}
      />
    </FormDrawer>
  );
}
