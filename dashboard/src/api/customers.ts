import { queryOptions } from "@tanstack/react-query";

import { api, queryText, type Query } from "./http";
import type { Alias, Customer, CustomerRequest, Page } from "./types";

export const customerList = (query: Query) =>
  queryOptions({
    queryKey: ["customers", "list", query],
    queryFn: ({ signal }) => api.get<Page<Customer>>("/customers", query, signal),
  });

/** What a search found: the nearest matches, how many there are, and whether some were left off. */
export type Found = { items: Customer[]; total?: number; more: boolean };

/**
 * Customers for somebody who types a name: whose name has the text, from A to Z, and after them who
 * has it in a label, an e-mail address or an alias. Without a text, those at the top come first.
 */
export const findCustomers = (text: string, limit: number) =>
  queryOptions({
    queryKey: ["customers", "find", text, limit],
    queryFn: async ({ signal }): Promise<Found> => {
      const byName = { sortBy: "legalName", sortOrder: "ASC", limit };
      const [near, all] = await Promise.all(
        [text ? { legalName: text } : { parentId: "none" }, text ? { search: text } : {}].map((query) =>
          api.get<Page<Customer>>("/customers", { ...query, ...byName }, signal),
        ),
      );
      const found = [...(near?.items ?? []), ...(all?.items ?? [])];
      const items = Array.from(new Map(found.map((item) => [item.id, item])).values()).slice(0, limit);
      return {
        items,
        total: all?.pagination?.totalResultSize,
        more: all?.pagination?.after !== undefined,
      };
    },
  });

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
