import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, everyPage, type Query } from "./http";
import type {
  Explanation,
  Invoice,
  LineItem,
  LineItemGroup,
  Method,
  Page,
  UsageGroupsPage,
} from "./types";

export const invoiceList = (query: Query) =>
  queryOptions({
    queryKey: ["invoices", "list", query],
    queryFn: ({ signal }) => api.get<Page<Invoice>>("/invoices", query, signal),
  });

/** The day by which the list goes: that of the issue, of a draft the accounting date. */
export const datedOn = (invoice: Invoice) => invoice.issueDate ?? invoice.accountingDate;

export const invoice = (id: string) =>
  queryOptions({
    queryKey: ["invoices", "one", id],
    queryFn: ({ signal }) => api.get<Invoice>(`/invoices/${id}`, {}, signal),
  });

export const invoiceGroups = (id: string) =>
  queryOptions({
    queryKey: ["invoices", "groups", id],
    queryFn: ({ signal }) => everyPage<LineItemGroup>(`/invoices/${id}/line-item-groups`, { sortOrder: "ASC" }, signal),
  });

export const invoiceLines = (id: string) =>
  queryOptions({
    queryKey: ["invoices", "lines", id],
    queryFn: ({ signal }) => everyPage<LineItem>(`/invoices/${id}/line-items`, { sortOrder: "ASC" }, signal),
  });

export const explanation = (invoiceId: string, lineId: string) =>
  infiniteQueryOptions({
    queryKey: ["invoices", "explanation", invoiceId, lineId],
    queryFn: ({ pageParam, signal }) =>
      api.get<Explanation>(
        `/invoices/${invoiceId}/line-items/${lineId}/explanation`,
        { limit: 100, after: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.usage?.members.pagination?.after,
  });

export const usageGroups = (id: string, method: Method) =>
  infiniteQueryOptions({
    queryKey: ["invoices", "usage", id, method],
    queryFn: ({ pageParam, signal }) =>
      api.get<UsageGroupsPage>(
        `/invoices/${id}/usage-item-groups`,
        { limit: 100, after: pageParam, method },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination?.after,
    placeholderData: keepPreviousData,
  });

export type InvoiceAction = "finalize" | "recalculate" | "void";

export const actOnInvoice = (id: string, action: InvoiceAction, key: string) =>
  api.post<Invoice>(`/invoices/${id}/${action}`, undefined, key);

export const deleteInvoice = (id: string) => api.delete<Invoice>(`/invoices/${id}`);

export const pdfAddress = (invoice: Invoice) => `/api/invoices/${invoice.id}/download`;

/** What changes whenever the PDF does: a draft's when it is recalculated, any when its status does. */
export const pdfVersion = ({ status, updatedAt, calculatedAt }: Invoice) =>
  `${status} ${updatedAt ?? calculatedAt ?? ""}`;
