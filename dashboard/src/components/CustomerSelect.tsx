import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { customer, customerList } from "../api/customers";

type Props = Omit<SelectProps, "data" | "value" | "onChange"> & {
  value?: string | null;
  onChange: (id: string | null) => void;
  /** A customer that must not be chosen, such as the one being edited. */
  except?: string;
};

/** Finds a customer by name; the server searches, so that a million of them are no hindrance. */
export function CustomerSelect({ value = null, onChange, except, ...rest }: Props) {
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, 200);
  const chosen = useQuery(customer(value ?? ""));
  const chosenName = chosen.data?.legalName;
  const wanted = search.trim() === chosenName ? "" : search.trim();
  const found = useQuery({
    ...customerList({ search: wanted || undefined, limit: 20 }),
    placeholderData: keepPreviousData,
  });

  const options = new Map<string, string>();
  if (value) options.set(value, chosenName ?? "…");
  for (const item of found.data?.items ?? []) {
    if (item.id !== except) options.set(item.id, item.legalName);
  }
  return (
    <Select
      placeholder="Search by name"
      searchable
      clearable
      openOnFocus={false}
      nothingFoundMessage={found.isFetching ? "Searching…" : "No customer of that name"}
      {...rest}
      data={Array.from(options, ([id, label]) => ({ value: id, label }))}
      // The server has filtered already.
      filter={({ options: all }) => all}
      searchValue={typed}
      onSearchChange={setTyped}
      value={value}
      onChange={onChange}
      comboboxProps={{ shadow: "md" }}
    />
  );
}
