import { queryOptions } from "@tanstack/react-query";

import { api } from "./http";
import type { CreditBalance, CreditGrant, CreditGrantRequest } from "./types";

export const creditBalances = (customerId: string) =>
  queryOptions({
    queryKey: ["credits", "balances", customerId],
    queryFn: ({ signal }) => api.get<{ items: CreditBalance[] }>(`/credits/${customerId}/balances`, {}, signal),
  });

export const grantCredit = (body: CreditGrantRequest, key: string) =>
  api.post<CreditGrant>("/credits", body, key);

export const takeGrantBack = (id: string) => api.delete<CreditGrant>(`/credits/${id}`);
