import { queryOptions } from "@tanstack/react-query";

import { api, queryText, type Query } from "./http";
import { parentName } from "./parentName";
import type { Alias, Customer, CustomerRequest, FoundCustomer, Page } from "./types";

export const customerList = (query: Query) =>
  queryOptions({
    queryKey: ["customers", "list", query],
    queryFn: ({ signal }) => api.get<Page<Customer>>("/customers", query, signal),
  });

/** A customer on offer to somebody who types; whose child it is, to tell those of one name apart. */
export type Candidate = { id: string; name: string; label?: string; parentName?: string };

/**
 * Customers for somebody who types: who is called exactly so, whose name has the text, from A to Z,
 * and who has it in a label, an alias or an e-mail address. Without a text, those at the top come first.
 */
export const findCustomers = (text: string, limit: number) =>
  queryOptions({
    queryKey: ["customers", "find", text, limit],
    queryFn: ({ signal }) => (text ? named(text, limit, signal) : fromTheTop(limit, signal)),
  });

/** Longer texts are in no name. */
const MOST_LETTERS = 200;

async function named(text: string, limit: number, signal: AbortSignal): Promise<Candidate[]> {
  const query = { text: text.slice(0, MOST_LETTERS), limit };
  const { items } = await api.get<{ items: FoundCustomer[] }>("/customers/search", query, signal);
  return items.map(({ id, name, label, ancestors }) => {
    return { id, name, label, parentName: ancestors.at(-1)?.name };
  });
}

async function fromTheTop(limit: number, signal: AbortSignal): Promise<Candidate[]> {
  const byName = { sortBy: "legalName", sortOrder: "ASC", limit };
  const [roots, all] = await Promise.all([
    api.get<Page<Customer>>("/customers/roots", { limit }, signal),
    api.get<Page<Customer>>("/customers", byName, signal),
  ]);
  const found = new Map([...roots.items, ...all.items].map((one) => [one.id, one]));
  return [...found.values()].slice(0, limit).map((one) => {
    return { id: one.id, name: one.legalName, label: one.label, parentName: parentName(one) ?? undefined };
  });
}

export const customer = (id: string) =>
  queryOptions({
    queryKey: ["customers", "one", id],
    queryFn: ({ signal }) => api.get<Customer>(`/customers/${id}`, {}, signal),
    enabled: id !== "",
  });

export const aliases = (id: string) =>
  queryOptions({
    queryKey: ["customers", "aliases", id],
    queryFn: ({ signal }) => api.get<{ items: Alias[] }>(`/customers/${id}/aliases`, {}, signal),
  });

export const createCustomer = (body: CustomerRequest, key: string) =>
  api.post<Customer>("/customers", body, key);

export const updateCustomer = (id: string, body: CustomerRequest) =>
  api.put<Customer>(`/customers/${id}`, body);

/** What becomes of the children of a customer that is archived: to the top, or to its own parent. */
export type ChildrenOnArchive = "detach" | "adopt";

export const archiveCustomer = (id: string, children: ChildrenOnArchive | undefined, key: string) =>
  api.post<Customer>(`/customers/${id}/archive${queryText({ children })}`, undefined, key);

export const addAlias = (body: { customerId: string; value: string; label?: string }, key: string) =>
  api.post<Alias>("/customer-aliases", body, key);

export const removeAlias = (id: string) => api.delete<Alias>(`/customer-aliases/${id}`);

/** Whether anyone is directly below the customer, today or at the start of a day. */
export const hasChildren = (id: string | null, day?: string) =>
  queryOptions({
    queryKey: ["customers", "has-children", id, day],
    queryFn: async ({ signal }) => {
      const asOf = day ? `${day}T00:00:00.000Z` : undefined;
      const page = await api.get<Page<Customer>>(`/customers/${id}/children`, { asOf, limit: 1 }, signal);
      return page.items.length > 0;
    },
    enabled: id !== null && day !== "",
  });
