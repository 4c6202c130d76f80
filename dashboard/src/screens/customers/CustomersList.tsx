import { Button, Checkbox, Group, Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { customerList } from "../../api/customers";
import type { Customer } from "../../api/types";
import { CustomerSelect } from "../../components/CustomerSelect";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Missing } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { ListTable } from "../../components/ListTable";
import { countryName } from "../../components/places";
import { useFilters, useParam } from "../../components/useFilters";
import { parentName } from "../../api/parentName";

const COLUMNS: Column<Customer>[] = [
  { title: "Name", cell: (row) => <NameCell customer={row} /> },
  { title: "Parent", cell: (row) => parentName(row) ?? <Missing /> },
  { title: "Label", cell: (row) => row.label ?? <Missing />, wideOnly: true },
  { title: "Country", cell: (row) => countryName(row.address.country), wideOnly: true },
  { title: "Added", cell: (row) => <Day value={row.createdAt} />, wideOnly: true },
];

function NameCell({ customer }: { customer: Customer }) {
  return (
    <>
      {customer.legalName}
      {customer.archivedAt && <span className="line-note">Archived</span>}
    </>
  );
}

const NEWEST = "createdAt";

const FILTERS = [
  "search",
  "legalName",
  "email",
  "alias",
  "label",
  "billingStatus",
  "parentId",
  "includeArchived",
] as const;

export function CustomersList() {
  const { values, cursor, set, go, clear, active } = useFilters(FILTERS);
  const [, setNew] = useParam("new");
  const sorting = useFilters(["sort"] as const);
  const newest = sorting.values.sort === NEWEST;
  const order =
    newest
      ? { sortBy: NEWEST, sortOrder: "DESC" }
      : { sortBy: "legalName", sortOrder: "ASC" };
  const list = useQuery({
    ...customerList({ ...values, ...order, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  return (
    <section className="panel" aria-label="Customers">
      <Filters active={active} onClear={clear}>
        <FilterText
          label="Search"
          placeholder="Name, label, e-mail, alias"
          value={values.search}
          onChange={(text) => set("search", text)}
        />
        <FilterText label="Name" value={values.legalName} onChange={(text) => set("legalName", text)} />
        <FilterText label="E-mail" value={values.email} onChange={(text) => set("email", text)} />
        <FilterText label="Alias" value={values.alias} onChange={(text) => set("alias", text)} />
        <FilterText label="Label" value={values.label} onChange={(text) => set("label", text)} />
        <Select
          label="Billing status"
          w={130}
          clearable
          placeholder="Any"
          data={[
            { value: "ACTIVE", label: "Active" },
            { value: "INACTIVE", label: "Inactive" },
          ]}
          value={values.billingStatus || null}
          onChange={(value) => set("billingStatus", value)}
        />
        <CustomerSelect
          label="Child of"
          value={values.parentId || null}
          onChange={(value) => set("parentId", value)}
        />
        <Select
          label="Sort by"
          w={130}
          allowDeselect={false}
          data={[
            { value: "legalName", label: "Name" },
            { value: NEWEST, label: "Newest first" },
          ]}
          value={newest ? NEWEST : "legalName"}
          onChange={(value) => sorting.set("sort", value === NEWEST ? value : null)}
        />
        <Checkbox
          label="Show archived"
          mb={8}
          checked={values.includeArchived === "true"}
          onChange={(event) => set("includeArchived", event.currentTarget.checked ? "true" : null)}
        />
      </Filters>
      <ListTable
        list={list}
        onGo={go}
        label="Customers"
        columns={COLUMNS}
        rowKey={(row) => row.id}
        rowLink={(row) => `/customers/${row.id}`}
        sketch={10}
        empty={
          active ? (
            <Empty title="No customer matches" action={<Button variant="default" onClick={clear}>Clear filters</Button>}>
              Names, labels and e-mail addresses match anywhere in the text; aliases must match exactly.
            </Empty>
          ) : (
            <Empty
              title="No customers yet"
              action={
                <Group gap="sm" justify="center">
                  <Button onClick={() => setNew("customer")}>New customer</Button>
                  <Button variant="default" component={Link} to="/customers/import">
                    Import from a file
                  </Button>
                </Group>
              }
            >
              A customer is whoever you invoice, or a branch of it. Start with the head office, then
              add its branches and name the head office as their parent: its schedule can then
              bill the usage of all of them together.
            </Empty>
          )
        }
      />
    </section>
  );
}
