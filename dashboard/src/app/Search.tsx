import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFileInvoice, IconPlus, IconSearch, IconUsers } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type KeyboardEvent } from "react";
import { useNavigate } from "react-router";

import { findCustomers } from "../api/customers";
import { invoiceList } from "../api/invoices";
import { moneyText } from "../components/format";
import { statusName } from "../components/Status";
import { useParam } from "../components/useFilters";
import { ADDITIONS } from "./AddNew";
import { PAGES } from "./pages";

const [store, spotlight] = createSpotlight();
export const openSearch = spotlight.open;

/** Ctrl-K: customers, invoices, screens and what can be added. */
export function Search() {
  const [query, setQuery] = useState("");
  const [text] = useDebouncedValue(query.trim(), 200);
  const navigate = useNavigate();
  const [, setNew] = useParam("new");
  const wanted = { enabled: text.length > 0, placeholderData: keepPreviousData };
  const customers = useQuery({ ...findCustomers(text, 6), ...wanted });
  const invoices = useQuery({ ...invoiceList({ search: text, limit: 6 }), ...wanted });

  const matches = (title: string) => title.toLowerCase().includes(query.trim().toLowerCase());
  const pages = PAGES.filter(({ title }) => matches(title));
  const additions = ADDITIONS.filter(({ title }) => query && matches(`New ${title}`));
  const foundCustomers = text ? (customers.data ?? []) : [];
  const foundInvoices = text ? (invoices.data?.items ?? []) : [];
  const nothing =
    pages.length + additions.length + foundCustomers.length + foundInvoices.length === 0;

  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={["mod + K"]}
      tagsToIgnore={[]}
      scrollable
      maxHeight={420}
      size={560}
      attributes={{ content: { "aria-label": "Search" } }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
    >
      <Spotlight.Search
        placeholder="Search customers, invoices and pages"
        aria-label="Search customers, invoices and pages"
        leftSection={<IconSearch size={18} aria-hidden />}
        onKeyDown={openFirst}
      />
      <Spotlight.ActionsList aria-label="Results">
        {foundCustomers.length > 0 && (
          <Spotlight.ActionsGroup label="Customers">
            {foundCustomers.map((item) => (
              <Spotlight.Action
                key={item.id}
                label={item.name}
                description={[item.parentName, item.label].filter(Boolean).join(" · ")}
                leftSection={<IconUsers size={17} aria-hidden />}
                onClick={() => void navigate(`/customers/${item.id}`)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {foundInvoices.length > 0 && (
          <Spotlight.ActionsGroup label="Invoices">
            {foundInvoices.map((item) => (
              <Spotlight.Action
                key={item.id}
                label={`${item.invoiceNumber ?? "Draft"} · ${item.customerLegalCompanyName}`}
                description={`${moneyText(item.grossTotal, item.currency)} ${item.currency} · ${statusName(item.status)}`}
                leftSection={<IconFileInvoice size={17} aria-hidden />}
                onClick={() => void navigate(`/billing/invoices/${item.id}`)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {pages.length > 0 && (
          <Spotlight.ActionsGroup label="Pages">
            {pages.map(({ title, to, icon: Icon }) => (
              <Spotlight.Action
                key={to}
                label={title}
                leftSection={<Icon size={17} aria-hidden />}
                onClick={() => void navigate(to)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {additions.length > 0 && (
          <Spotlight.ActionsGroup label="Add new">
            {additions.map(({ kind, title }) => (
              <Spotlight.Action
                key={kind}
                label={`New ${title.toLowerCase()}`}
                leftSection={<IconPlus size={17} aria-hidden />}
                onClick={() => setNew(kind)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {nothing && <Spotlight.Empty>Nothing found</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/** Results that arrive late are not selected; Enter opens the first of them all the same. */
function openFirst(event: KeyboardEvent<HTMLInputElement>) {
  if (event.key !== "Enter") return;
  const dialog = event.currentTarget.closest('[role="dialog"]');
  if (!dialog?.querySelector("[data-selected]")) {
    dialog?.querySelector<HTMLElement>("[data-action]")?.click();
  }
}
