import { queryOptions } from "@tanstack/react-query";

import { api, everyPage, type Query } from "./http";
import type { Page } from "./types";

/** A kind of seat; events name it by its type. */
export type SeatMetric = {
  id: string;
  seatType: string;
  /** What invoices call the seats. */
  label: string;
  description?: string;
  createdAt: string;
};

export type SeatMetricRequest = Pick<SeatMetric, "seatType" | "label" | "description">;

/** How many seats there are from an instant on. */
export type SeatEvent = {
  id: string;
  customerEventId: string;
  customerAlias: string;
  seatType: string;
  eventTimestamp: string;
  total: number;
  isLatestForCustomerEventId: boolean;
};

export type SeatEventRequest = Pick<SeatEvent, "customerAlias" | "seatType" | "eventTimestamp" | "total"> & {
  customerEventId?: string;
};

/** The latest total of one kind of seat. */
export type SeatBalance = { seatType: string; total: number; changeTimestamp: string };

export type CustomerSeats = {
  id: string;
  legalName: string;
  customerAliases: string[];
  total: number;
  changeTimestamp: string;
  balances: SeatBalance[];
};

export const seatBalances = (query: Query) =>
  queryOptions({
    queryKey: ["seats", "balances", query],
    queryFn: ({ signal }) => api.get<Page<CustomerSeats>>("/seat-balances", query, signal),
  });

export const seatMetricList = (query: Query) =>
  queryOptions({
    queryKey: ["seats", "metrics", query],
    queryFn: ({ signal }) => api.get<Page<SeatMetric>>("/seat-metrics", query, signal),
  });

export const everySeatMetric = queryOptions({
  queryKey: ["seats", "metrics", "every"],
  queryFn: ({ signal }) => everyPage<SeatMetric>("/seat-metrics", {}, signal),
});

/** A new kind of seat, or with an `id` new words for one; its type stays. */
export function saveSeatMetric(id: string | null, body: SeatMetricRequest, key: string): Promise<SeatMetric> {
  if (id === null) return api.post("/seat-metrics", body, key);
  const { seatType: _, ...words } = body;
  return api.put(`/seat-metrics/${id}`, words);
}

export const deleteSeatMetric = (id: string) => api.delete<SeatMetric>(`/seat-metrics/${id}`);

export const seatEventList = (query: Query) =>
  queryOptions({
    queryKey: ["seats", "events", query],
    queryFn: ({ signal }) => api.get<Page<SeatEvent>>("/seat-events", query, signal),
  });

export const createSeatEvent = (body: SeatEventRequest, key: string) =>
  api.post<SeatEvent>("/seat-events", body, key);
