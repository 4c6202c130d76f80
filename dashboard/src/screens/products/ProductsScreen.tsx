import { Button, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { productList } from "../../api/catalogue";
import type { Product } from "../../api/types";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Missing } from "../../components/Figures";
import { Filters } from "../../components/Filters";
import { FilterText } from "../../components/FilterText";
import { ListTable } from "../../components/ListTable";
import { PageHead } from "../../components/PageHead";
import { useFilters, useParam } from "../../components/useFilters";

const COLUMNS: Column<Product>[] = [
  { title: "Name", cell: (row) => row.name },
  { title: "Label on invoices", cell: (row) => row.label ?? <Missing /> },
  { title: "Added", cell: (row) => <Day value={row.createdAt} />, wideOnly: true },
];

export default function ProductsScreen() {
  const { values, cursor, set, go, clear, active } = useFilters(["name"] as const);
  const [, setNew] = useParam("new");
  const list = useQuery({
    ...productList({ ...values, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const add = <Button onClick={() => setNew("product")}>New product</Button>;
  return (
    <Stack gap="md">
      <PageHead title="Products" actions={add} />
      <section className="panel" aria-label="Products">
        <Filters active={active} onClear={clear}>
          <FilterText label="Name" value={values.name} onChange={(text) => set("name", text)} />
        </Filters>
        <ListTable
          list={list}
          onGo={go}
          label="Products"
          columns={COLUMNS}
          rowKey={(row) => row.id}
          rowLink={(row) => `/products/${row.id}`}
          empty={
            active ? (
              <Empty title="No product matches" />
            ) : (
              <Empty title="No products yet" action={add}>
                A product is what you sell. It gathers prices and becomes a heading on invoices.
              </Empty>
            )
          }
        />
      </section>
    </Stack>
  );
}
