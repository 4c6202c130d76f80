import { Anchor, Button, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";

import { aliases, customer } from "../../api/customers";
import { ancestors } from "../../api/families";
import type { Customer } from "../../api/types";
import { addressText } from "../../components/AddressFields";
import { Facts } from "../../components/Facts";
import { Day } from "../../components/Figures";
import { words, webAddress } from "../../components/format";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { TaxIdsPanel } from "../../components/TaxIdsPanel";
import { useParam } from "../../components/useFilters";
import { AliasesPanel } from "./AliasesPanel";
import { ArchiveButton } from "./ArchiveButton";
import { ChildrenPanel } from "./ChildrenPanel";
import { ContactsPanel } from "./ContactsPanel";
import { CreditsPanel } from "./credits/CreditsPanel";
import { CustomerDrawer } from "./CustomerDrawer";
import { InvoicesPanel } from "./InvoicesPanel";
import { ParentPanel } from "./ParentPanel";
import { SchedulesPanel } from "./SchedulesPanel";
import { SpendPanel } from "./spend/SpendPanel";
import { StatementsPanel } from "./StatementsPanel";
import { UsagePanel } from "./UsagePanel";

export default function CustomerScreen() {
  const { id = "" } = useParams();
  const found = useQuery(customer(id));
  if (found.error) {
    const crumbs = [{ title: "Customers", to: "/customers" }];
    return <PageProblem error={found.error} crumbs={crumbs} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Skeleton height={240} aria-label="Loading the customer" />;
  return <CustomerPage key={id} customer={found.data} />;
}

function CustomerPage({ customer: shown }: { customer: Customer }) {
  const [editing, setEditing] = useParam("edit");
  const line = useQuery(ancestors(shown.id));
  const names = useQuery(aliases(shown.id));
  return (
    <Stack gap="md">
      <PageHead
        title={shown.legalName}
        crumbs={[
          { title: "Customers", to: "/customers" },
          ...(line.data?.items ?? []).map(({ id, name }) => ({
            title: name,
            to: `/customers/${id}`,
          })),
        ]}
        status={shown.archivedAt ? <Status value="ARCHIVED" /> : undefined}
        actions={
          <>
            {!shown.archivedAt && <ArchiveButton customer={shown} />}
            <Button onClick={() => setEditing("1")}>Edit customer</Button>
          </>
        }
      />
      <Panel title="Details">
        <Facts items={facts(shown)} />
      </Panel>
      <UsagePanel customerId={shown.id} />
      <SpendPanel customerId={shown.id} />
      <ChildrenPanel customer={shown} />
      <div className="two-columns">
        <Stack gap="md" miw={0}>
          <SchedulesPanel customerId={shown.id} />
          <ContactsPanel contacts={shown.contacts ?? []} />
          <AliasesPanel customerId={shown.id} />
          <TaxIdsPanel
            title="Tax ids"
            owner={{ kind: "customer", id: shown.id }}
            country={shown.address.country}
          />
        </Stack>
        <Stack gap="md" miw={0}>
          <InvoicesPanel customerId={shown.id} />
          <CreditsPanel customerId={shown.id} archived={shown.archivedAt !== undefined} />
          <StatementsPanel customerId={shown.id} />
        </Stack>
      </div>
      <ParentPanel customer={shown} />
      {editing && names.data && (
        <CustomerDrawer
          customer={shown}
          aliases={names.data.items}
          onClose={() => setEditing(null)}
        />
      )}
    </Stack>
  );
}

function facts(shown: Customer): [string, React.ReactNode][] {
  const properties = Object.entries(shown.customProperties ?? {});
  const primary = shown.contacts?.find(({ billingPreference }) => billingPreference === "PRIMARY");
  const link = shown.url ? webAddress(shown.url) : undefined;
  return [
    ["Billing address", addressText(shown.address)],
    ["Primary contact", primary && `${primary.name}, ${primary.email}`],
    ["Tax status", words(shown.taxStatus)],
    ["Label", shown.label],
    [
      "Website",
      link ? (
        <Anchor href={link} rel="noreferrer" target="_blank" size="sm">
          {shown.url}
        </Anchor>
      ) : (
        shown.url
      ),
    ],
    ["Added", <Day key="added" value={shown.createdAt} />],
    ["Customer id", <code key="id">{shown.id}</code>],
    ...properties,
  ];
}
