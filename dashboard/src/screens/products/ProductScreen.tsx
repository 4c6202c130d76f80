import { Button, Skeleton, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams, useSearchParams } from "react-router";

import { archiveListPrice, archiveProduct, priceList, product, type PriceKind } from "../../api/catalogue";
import type { Price } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Facts } from "../../components/Facts";
import { Day } from "../../components/Figures";
import { ListTable } from "../../components/ListTable";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { useParam } from "../../components/useFilters";
import { cadenceText, modelName, rateText } from "./priceText";
import { PriceDetail } from "./PriceDetail";
import { PriceUse } from "./PriceUse";
import { ProductDrawer } from "./ProductDrawer";

const columns = (kind: PriceKind): Column<Price>[] => [
  { title: "Name", cell: (row) => <PriceDetail price={row} /> },
  { title: "Model", cell: modelName },
  { title: "Billed", cell: cadenceText, wideOnly: true },
  { title: "Rate", cell: rateText, end: true },
  { title: "Currency", cell: (row) => row.currency, wideOnly: kind === "prices" },
  kind === "list-prices"
    ? { title: "Actions", cell: (row) => <ArchivePrice price={row} />, end: true, wideOnly: true }
    : { title: "Used by", cell: (row) => <PriceUse price={row} /> },
];

export default function ProductScreen() {
  const { id = "" } = useParams();
  const found = useQuery(product(id));
  const [editing, setEditing] = useParam("edit");
  const [, setParams] = useSearchParams();
  if (found.error) {
    const crumbs = [{ title: "Products", to: "/products" }];
    return <PageProblem error={found.error} crumbs={crumbs} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Skeleton height={240} aria-label="Loading the product" />;
  const shown = found.data;
  return (
    <Stack gap="md">
      <PageHead
        title={shown.name}
        crumbs={[{ title: "Products", to: "/products" }]}
        status={shown.archivedAt ? <Status value="ARCHIVED" /> : undefined}
        actions={
          <>
            {!shown.archivedAt && (
              <ConfirmButton
                label="Archive"
                title={`Archive ${shown.name}?`}
                doneText={`${shown.name} archived.`}
                act={(key) => archiveProduct(id, key)}
              >
                No new prices can be made for it. Schedules that use its prices go on.
              </ConfirmButton>
            )}
            <Button variant="default" onClick={() => setEditing("1")}>
              Edit product
            </Button>
            <Button onClick={() => setParams({ new: "price", forProduct: id })}>New price</Button>
          </>
        }
      />
      <Panel title="Details">
        <Facts
          items={[
            ["Label on invoices", shown.label],
            ["Added", <Day key="added" value={shown.createdAt} />],
            ["Product id", <code key="id">{shown.id}</code>],
          ]}
        />
      </Panel>
      <PricesPanel title="List prices" kind="list-prices" productId={id}>
        A list price is in the catalogue: any billing schedule can use it, and gets its own copy.
      </PricesPanel>
      <PricesPanel title="Prices" kind="prices" productId={id}>
        Prices bound to schedules appear here: copies of list prices, and negotiated ones.
      </PricesPanel>
      {editing && <ProductDrawer product={shown} onClose={() => setEditing(null)} />}
    </Stack>
  );
}

type PanelProps = { title: string; kind: PriceKind; productId: string; children: string };

function PricesPanel({ title, kind, productId, children }: PanelProps) {
  const [cursor, setCursor] = useState<{ after?: string; before?: string }>({});
  const list = useQuery({
    ...priceList(kind, { productId, ...cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  return (
    <Panel title={title} flush>
      <ListTable
        list={list}
        onGo={setCursor}
        label={title}
        columns={columns(kind)}
        rowKey={(row) => row.id}
        sketch={2}
        empty={<Empty title={`No ${title.toLowerCase()} yet`}>{children}</Empty>}
      />
    </Panel>
  );
}

function ArchivePrice({ price }: { price: Price }) {
  if (price.archivedAt) return "Archived";
  return (
    <ConfirmButton
      label="Archive"
      title={`Archive ${price.name}?`}
      doneText={`${price.name} archived.`}
      act={(key) => archiveListPrice(price.id, key)}
      button={{ size: "compact-xs" }}
    >
      It can no longer be chosen. Schedules that use it go on.
    </ConfirmButton>
  );
}
