import { Select, type SelectProps } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { product, productList } from "../../api/catalogue";

export function ProductSelect(props: Omit<SelectProps, "data">) {
  const { data } = useQuery(productList({ limit: 100 }));
  const chosen = useQuery(product(props.value ? String(props.value) : ""));
  const names = new Map((data?.items ?? []).map(({ id, name }) => [id, name]));
  if (chosen.data) names.set(chosen.data.id, chosen.data.name);
  return (
    <Select
      searchable
      placeholder="Choose a product"
      nothingFoundMessage="No such product"
      {...props}
      data={Array.from(names, ([value, label]) => ({ value, label }))}
    />
  );
}
