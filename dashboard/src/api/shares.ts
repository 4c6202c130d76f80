import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, everyPage, queryText } from "./http";
import type {
  Allocation,
  Method,
  Page,
  ShareExplanation,
  Statement,
  StatementHead,
  TotalsExplanation,
} from "./types";

export const METHODS: { value: Method; label: string }[] = [
  { value: "PROPORTIONAL", label: "Proportional" },
  { value: "MARGINAL", label: "Marginal" },
  { value: "STANDALONE", label: "Standalone" },
];

/** The method that an address names; the usual one where it names none. */
export const methodOf = (name: string | null): Method =>
  METHODS.find(({ value }) => value === name)?.value ?? "PROPORTIONAL";

/** All that one customer has of an invoice. */
export const allocations = (invoiceId: string, customerId: string, method: Method) =>
  queryOptions({
    queryKey: ["invoices", "allocations", invoiceId, customerId, method],
    queryFn: ({ signal }) =>
      everyPage<Allocation>(`/invoices/${invoiceId}/allocations`, { customerId, method }, signal),
    placeholderData: keepPreviousData,
  });

export type ShareOf = {
  invoiceId: string;
  lineId: string;
  customerId: string;
  method: Method;
  includeDescendants: boolean;
};

export const shareExplanation = ({ invoiceId, lineId, customerId, method, includeDescendants }: ShareOf) =>
  infiniteQueryOptions({
    queryKey: ["invoices", "share", invoiceId, lineId, customerId, method, includeDescendants],
    queryFn: ({ pageParam, signal }) =>
      api.get<ShareExplanation>(
        `/invoices/${invoiceId}/line-items/${lineId}/shares/${customerId}/explanation`,
        { method, includeDescendants, limit: 100, after: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.members.pagination?.after,
    placeholderData: keepPreviousData,
  });

export const totalsExplanation = (invoiceId: string) =>
  queryOptions({
    queryKey: ["invoices", "totals", invoiceId],
    queryFn: ({ signal }) => api.get<TotalsExplanation>(`/invoices/${invoiceId}/explanation`, {}, signal),
  });

export const statementList = (customerId: string, includeDescendants: boolean) =>
  queryOptions({
    queryKey: ["invoices", "statements", customerId, includeDescendants],
    queryFn: ({ signal }) =>
      api.get<Page<StatementHead>>(
        `/customers/${customerId}/statements`,
        { includeDescendants, limit: 10 },
        signal,
      ),
    placeholderData: keepPreviousData,
  });

export type StatementOf = {
  customerId: string;
  invoiceId: string;
  method: Method;
  includeDescendants: boolean;
};

export const statement = ({ customerId, invoiceId, method, includeDescendants }: StatementOf) =>
  infiniteQueryOptions({
    queryKey: ["invoices", "statement", customerId, invoiceId, method, includeDescendants],
    queryFn: ({ pageParam, signal }) =>
      api.get<Statement>(
        `/customers/${customerId}/statements/${invoiceId}`,
        { method, includeDescendants, limit: 100, after: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.members?.pagination?.after,
    placeholderData: keepPreviousData,
  });

/** Where a statement is shown. */
export const statementPath = (customerId: string, invoiceId: string, branch: boolean) =>
  `/customers/${customerId}/statements/${invoiceId}${branch ? "?branch=1" : ""}`;

export const statementPdf = ({ customerId, invoiceId, method, includeDescendants }: StatementOf) =>
  `/api/customers/${customerId}/statements/${invoiceId}/download${queryText({ method, includeDescendants })}`;

export const usageTable = (invoiceId: string, format: "csv" | "parquet", method: Method) =>
  `/api/invoices/${invoiceId}/usage-item-groups/download${queryText({ format, method })}`;
