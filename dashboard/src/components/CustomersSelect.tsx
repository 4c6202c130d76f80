import { MultiSelect, type MultiSelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { customer, findCustomers } from "../api/customers";
import { optionName } from "./optionName";

type Props = Omit<MultiSelectProps, "data" | "value" | "onChange"> & {
  value?: string[];
  onChange: (ids: string[]) => void;
  /** A customer that must not be chosen. */
  except?: string | null;
};

/** Finds several customers by name; the server searches, as for one. */
export function CustomersSelect({ value = [], onChange, except, ...rest }: Props) {
  const [typed, setTyped] = useState("");
  const [opened, setOpened] = useState(false);
  const [search] = useDebouncedValue(typed.trim(), 200);
  const chosen = useQueries({
    queries: value.map((id) => ({ ...customer(id), staleTime: 60_000 })),
  });
  const found = useQuery({
    ...findCustomers(search, 20),
    enabled: opened,
    placeholderData: keepPreviousData,
  });

  const items = (found.data ?? []).filter(({ id }) => id !== except && !value.includes(id));
  const options = [
    ...value.map((id, index) => ({ value: id, label: chosen[index]?.data?.legalName ?? "…" })),
    ...items.map((item) => ({ value: item.id, label: optionName(item, items) })),
  ];
  return (
    <MultiSelect
      placeholder={value.length ? undefined : "Search by name"}
      searchable
      clearable
      hidePickedOptions
      openOnFocus={false}
      onDropdownOpen={() => setOpened(true)}
      nothingFoundMessage={found.isFetching ? "Searching…" : "No customer of that name"}
      {...rest}
      data={options}
      // The server has filtered already; what is chosen need not be offered.
      filter={({ options: all }) => all.filter((one) => !("value" in one && value.includes(one.value)))}
      searchValue={typed}
      onSearchChange={setTyped}
      value={value}
      onChange={(ids) => {
        setTyped("");
        onChange(ids);
      }}
      comboboxProps={{ shadow: "md" }}
    />
  );
}
