/** The tree of customers as of a day, also as we knew it on another, and the moves that changed it. */

import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";

import { api, type Query } from "./http";
import type { FoundCustomer, Move, MovePreview, Page, ParentLink, PlacedCustomer } from "./types";

/** Which tree is asked for; what is left out is now. */
export type TreeView = { asOf?: string; knownAt?: string };

/** The customers directly below one of them, by name; read page by page. */
export const children = (parentId: string, limit: number) =>
  infiniteQueryOptions({
    queryKey: ["customers", "children", parentId, limit],
    queryFn: ({ pageParam, signal }) =>
      api.get<Siblings>(levelPath(parentId), { limit, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pagination?.after,
  });

/** A page of siblings; `position` is told where it was asked for by place. */
export type Siblings = Page<PlacedCustomer> & { position?: number };

/** How many siblings are read at once. */
export const PAGE_SIZE = 100;

const levelPath = (parentId: string | null) =>
  parentId === null ? "/customers/roots" : `/customers/${parentId}/children`;

const SIBLINGS = ["customers", "siblings"];

/** The pages of siblings that are at hand, of any parent and view: what their keys say, and them. */
export const heldSiblings = (client: QueryClient) =>
  client.getQueryCache().findAll({ queryKey: SIBLINGS });

/** One page of the customers below one of them; without it, of those at the top. By name. */
export const siblings = (parentId: string | null, view: TreeView, page: number) =>
  queryOptions({
    queryKey: [...SIBLINGS, parentId, view, page] as const,
    queryFn: ({ client, signal }) => {
      const query = { ...view, limit: PAGE_SIZE, ...entrance(client, parentId, view, page) };
      return api.get<Siblings>(levelPath(parentId), query, signal);
    },
    // Whoever scrolls back finds what was there; every change asks for it anew.
    staleTime: 60_000,
  });

/** How a page is come by: from the one beside it, which costs nothing, or by counting up to it. */
function entrance(client: QueryClient, parentId: string | null, view: TreeView, page: number): Query {
  const beside = (other: number) => {
    const state = client.getQueryState<Siblings>(siblings(parentId, view, other).queryKey);
    return state?.isInvalidated ? undefined : state?.data?.pagination;
  };
  if (page === 0) return {};
  const [after, before] = [beside(page - 1)?.after, beside(page + 1)?.before];
  return after ? { after } : before ? { before } : { position: page * PAGE_SIZE };
}

/** The page on which a customer stands among its siblings; it is kept as that page. */
export const siblingsAround = (parentId: string | null, view: TreeView, id: string) =>
  queryOptions({
    queryKey: ["customers", "around", parentId, view, id],
    queryFn: async ({ client, signal }) => {
      const query = { ...view, limit: PAGE_SIZE, around: id };
      const found = await api.get<Siblings>(levelPath(parentId), query, signal);
      const page = (found.position ?? 0) / PAGE_SIZE;
      client.setQueryData(siblings(parentId, view, page).queryKey, found);
      return page;
    },
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
