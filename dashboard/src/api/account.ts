import { queryOptions } from "@tanstack/react-query";

import { api, Problem } from "./http";
import type { Merchant, Session } from "./types";

/** Who is signed in; null when nobody is. */
export const session = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => {
    try {
      return await api.get<Session>("/session", {}, signal);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export const signIn = (body: { email: string; password: string }, key: string) =>
  api.post<Session>("/session", body, key);

export const signOut = () => api.delete<unknown>("/session");

/** The seller; null until it has been filled in. */
export const merchant = queryOptions({
  queryKey: ["merchant"],
  queryFn: async ({ signal }) => {
    try {
      return await api.get<Merchant>("/merchant-for-sequence-account", {}, signal);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  },
});

export const updateMerchant = (id: string, body: Omit<Merchant, "id">) =>
  api.put<Merchant>(`/merchants/${id}`, body);
