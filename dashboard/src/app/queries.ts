import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { session } from "../api/account";
import { Problem } from "../api/http";

/** Reads are kept for a few seconds; refusals are never tried again, lost connections twice. */
export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => signedOut(error) }),
    mutationCache: new MutationCache({ onError: (error) => signedOut(error) }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) =>
          count < 2 && (!(error instanceof Problem) || error.status === 0 || error.status === 503),
      },
      mutations: { retry: false },
    },
  });
  /** The session has ended: the shell shows the sign-in screen and comes back afterwards. */
  function signedOut(error: unknown): void {
    const ended = error instanceof Problem && error.status === 401;
    if (ended && client.getQueryData(session.queryKey)) client.setQueryData(session.queryKey, null);
  }
  return client;
}
