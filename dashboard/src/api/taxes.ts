import { queryOptions } from "@tanstack/react-query";

import { api, everyPage } from "./http";
import type {
  PaymentInForce,
  TaxCategory,
  TaxCategoryRequest,
  TaxRate,
  TaxRateRequest,
  TaxRegistration,
  TaxRegistrationRequest,
} from "./types";

/** Every rate by its latest version, archived ones too. */
export const taxRates = queryOptions({
  queryKey: ["taxes", "rates"],
  queryFn: ({ signal }) => everyPage<TaxRate>("/tax-rates", {}, signal),
});

export const taxCategories = queryOptions({
  queryKey: ["taxes", "categories"],
  queryFn: ({ signal }) => everyPage<TaxCategory>("/tax-categories", {}, signal),
});

/** Whose tax ids: a customer's or the seller's. */
export type Owner = { kind: "customer" | "merchant"; id: string };

export const taxRegistrations = ({ kind, id }: Owner) =>
  queryOptions({
    queryKey: ["taxes", "registrations", kind, id],
    queryFn: ({ signal }) =>
      everyPage<TaxRegistration>(`/tax-registrations/for-${kind}/${id}`, {}, signal),
    enabled: id !== "",
  });

export const saveTaxRate = (id: string | null, body: TaxRateRequest, key: string) =>
  id
    ? api.put<TaxRate>(`/tax-rates/${id}`, { ...body, id })
    : api.post<TaxRate>("/tax-rates", body, key);

export const archiveTaxRate = (id: string, key: string) =>
  api.post<TaxRate>(`/tax-rates/${id}/archive`, undefined, key);

export const saveTaxCategory = (id: string | null, body: TaxCategoryRequest, key: string) =>
  id
    ? api.put<TaxCategory>(`/tax-categories/${id}`, body)
    : api.post<TaxCategory>("/tax-categories", body, key);

export const deleteTaxCategory = (id: string) => api.delete<TaxCategory>(`/tax-categories/${id}`);

export const addTaxRegistration = (body: TaxRegistrationRequest, key: string) =>
  api.post<TaxRegistration>("/tax-registrations", body, key);

export const removeTaxRegistration = (id: string) =>
  api.delete<TaxRegistration>(`/tax-registrations/${id}`);

/** By whom an invoice is to be paid, and what says so. */
export const paymentInForce = (invoiceId: string) =>
  queryOptions({
    queryKey: ["invoices", "payment", invoiceId],
    queryFn: ({ signal }) =>
      api.get<PaymentInForce>(`/invoices/${invoiceId}/payment-settings`, {}, signal),
  });
