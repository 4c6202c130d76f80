import { queryOptions } from "@tanstack/react-query";

import { api, type Query } from "./http";
import type { Page } from "./types";

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
