import { Anchor } from "@mantine/core";

import type { Contact } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Panel } from "../../components/Panel";

const MAIL = { PRIMARY: "Primary billing contact", STANDARD: "Gets invoices", NONE: "No billing mail" };

const COLUMNS: Column<Contact>[] = [
  { title: "Name", cell: (row) => row.name },
  {
    title: "E-mail",
    cell: (row) => (
      <Anchor href={`mailto:${row.email}`} size="sm">
        {row.email}
      </Anchor>
    ),
  },
  { title: "Billing mail", cell: (row) => MAIL[row.billingPreference] },
];

export function ContactsPanel({ contacts }: { contacts: Contact[] }) {
  return (
    <Panel title="Contacts" flush>
      <DataTable
        label="Contacts"
        columns={COLUMNS}
        rows={contacts.filter(({ archivedAt }) => !archivedAt)}
        rowKey={(row) => row.id}
        empty={<Empty title="No contacts">Add one with Edit customer.</Empty>}
      />
    </Panel>
  );
}
