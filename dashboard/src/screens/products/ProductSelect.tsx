import { Select, type SelectProps } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { catalogue } from "../../api/catalogue";

export function ProductSelect(props: Omit<SelectProps, "data">) {
  const { data } = useQuery(catalogue);
  return (
    <Select
      searchable
      placeholder="Choose a product"
      nothingFoundMessage="No such product"
      {...props}
      data={(data?.products ?? []).map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}
