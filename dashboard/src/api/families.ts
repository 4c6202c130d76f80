/** The tree of customers as of a day, also as we knew it on another, and the moves that changed it. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api } from "./http";
import type { FoundCustomer, Move, MovePreview, Page, ParentLink, PlacedCustomer } from "./types";

/** Which tree is asked for; what is left out is now. */
export type TreeView = { asOf?: string; knownAt?: string };

/** The customers below one of them; without it, those at the top. Read page by page, by name. */
export const level = (parentId: string | null, view: TreeView = {}, limit = 100) =>
  infiniteQueryOptions({
    queryKey: ["customers", "level", parentId, view, limit],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<PlacedCustomer>>(
        parentId === null ? "/customers/roots" : `/customers/${parentId}/children`,
        { ...view, limit, after: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination?.after,
  });

/** The nearest matches of a text, each with everyone above it. */
export const searchTree = (text: string, view: TreeView = {}, limit = 20) =>
  queryOptions({
    queryKey: ["customers", "search", text, view, limit],
    queryFn: ({ signal }) =>
      api.get<{ items: FoundCustomer[]; more: boolean }>(
        "/customers/search",
        { text, ...view, limit },
        signal,
      ),
  });

/** Everyone above a customer, root first. */
export const ancestors = (id: string, view: TreeView = {}) =>
  queryOptions({
    queryKey: ["customers", "ancestors", id, view],
    queryFn: ({ signal }) =>
      api.get<{ items: PlacedCustomer[] }>(`/customers/${id}/ancestors`, view, signal),
  });

export const parentHistory = (id: string) =>
  queryOptions({
    queryKey: ["customers", "parent-history", id],
    queryFn: ({ signal }) =>
      api.get<{ items: ParentLink[] }>(`/customers/${id}/parent-history`, {}, signal),
  });

/** The days on which anything moved, as known at an instant. */
export const moveDays = (knownAt?: string) =>
  queryOptions({
    queryKey: ["customers", "move-days", knownAt],
    queryFn: ({ signal }) =>
      api.get<{ items: string[]; more: boolean }>("/customers/move-days", { knownAt }, signal),
  });

/** The moves in effect from one instant until another; the first 100 of them. */
export const moves = (from: string, to: string, knownAt?: string) =>
  queryOptions({
    queryKey: ["customers", "moves", from, to, knownAt],
    queryFn: ({ signal }) =>
      api.get<Page<Move>>("/customers/moves", { from, to, knownAt, limit: 100 }, signal),
  });

export type MoveRequest = { parentId: string | null; effectiveFrom: string; reason?: string };

export const moveCustomer = (id: string, body: MoveRequest, key: string) =>
  api.post<ParentLink>(`/customers/${id}/moves`, body, key);

/** What a move would change on bills; nothing is done. */
export const movePreview = (id: string, parentId: string | null, effectiveFrom: string) =>
  queryOptions({
    queryKey: ["customers", "move-preview", id, parentId, effectiveFrom],
    queryFn: () => api.post<MovePreview>(`/customers/${id}/moves/preview`, { parentId, effectiveFrom }),
  });
