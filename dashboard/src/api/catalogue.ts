import { queryOptions } from "@tanstack/react-query";

import { api, everyPage, type Query } from "./http";
import type { Page, Price, PriceRequest, Product, ProductRequest } from "./types";

export const productList = (query: Query) =>
  queryOptions({
    queryKey: ["products", "list", query],
    queryFn: ({ signal }) => api.get<Page<Product>>("/products", query, signal),
  });

export const product = (id: string) =>
  queryOptions({
    queryKey: ["products", "one", id],
    queryFn: ({ signal }) => api.get<Product>(`/products/${id}`, {}, signal),
    enabled: id !== "",
  });

export type PriceKind = "list-prices" | "prices";

export const priceList = (kind: PriceKind, query: Query) =>
  queryOptions({
    queryKey: ["prices", kind, query],
    queryFn: ({ signal }) => api.get<Page<Price>>(`/${kind}`, query, signal),
  });

/** The whole catalogue: list prices, and the products they belong to. */
export const catalogue = queryOptions({
  queryKey: ["prices", "catalogue"],
  queryFn: async ({ signal }) => ({
    listPrices: await everyPage<Price>("/list-prices", {}, signal),
    products: await everyPage<Product>("/products", {}, signal),
  }),
});

export const createProduct = (body: ProductRequest, key: string) =>
  api.post<Product>("/products", body, key);

export const updateProduct = (id: string, body: ProductRequest) =>
  api.put<Product>(`/products/${id}`, body);

export const archiveProduct = (id: string, key: string) =>
  api.post<Product>(`/products/${id}/archive`, undefined, key);

export const createPrice = (kind: PriceKind, body: PriceRequest, key: string) =>
  api.post<Price>(`/${kind}`, body, key);

export const archiveListPrice = (id: string, key: string) =>
  api.post<Price>(`/list-prices/${id}/archive`, undefined, key);
