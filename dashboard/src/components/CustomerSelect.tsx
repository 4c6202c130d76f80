import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { customer, findCustomers } from "../api/customers";
import { optionName } from "./optionName";

type Props = Omit<SelectProps, "data" | "value" | "onChange"> & {
  value?: string | null;
  onChange: (id: string | null) => void;
  /** A customer that must not be chosen, such as the one being edited. */
  except?: string;
};

/** Finds a customer by name; the server searches, so that a million of them are no hindrance. */
export function CustomerSelect({ value = null, onChange, except, ...rest }: Props) {
  const [typed, setTyped] = useState("");
  const [opened, setOpened] = useState(false);
  const [search] = useDebouncedValue(typed, 200);
  const chosen = useQuery(customer(value ?? ""));
  const chosenName = chosen.data?.legalName;
  const wanted = search.trim() === chosenName ? "" : search.trim();
  const found = useQuery({
    ...findCustomers(wanted, 20),
    enabled: opened,
    placeholderData: keepPreviousData,
  });

  const items = (found.data ?? []).filter(({ id }) => id !== except && id !== value);
  const options = [
    ...(value ? [{ value, label: chosenName ?? "…" }] : []),
    ...items.map((item) => ({ value: item.id, label: optionName(item, items) })),
  ];
  return (
    <Select
      placeholder="Search by name"
      searchable
      clearable
      openOnFocus={false}
      onDropdownOpen={() => setOpened(true)}
      nothingFoundMessage={found.isFetching ? "Searching…" : "No customer of that name"}
      {...rest}
      data={options}
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
