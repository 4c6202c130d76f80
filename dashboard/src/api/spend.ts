import { queryOptions } from "@tanstack/react-query";

import { api, type Query } from "./http";
import type { Spend, SpendPeriod } from "./types";

/** What a customer and everyone below it spent, two levels deep. */
export const spend = (customerId: string, query: Query) =>
  queryOptions({
    queryKey: ["spend", customerId, query],
    queryFn: ({ signal }) =>
      api.get<Spend>(`/customers/${customerId}/spend`, { ...query, depth: 2 }, signal),
  });

/** The billing periods there may be a spend for, the latest first. */
export const spendPeriods = (customerId: string, includeDrafts: boolean) =>
  queryOptions({
    queryKey: ["spend", "periods", customerId, includeDrafts],
    queryFn: async ({ signal }) => {
      const path = `/customers/${customerId}/spend/periods`;
      return (await api.get<{ items: SpendPeriod[] }>(path, { includeDrafts }, signal)).items;
    },
  });
