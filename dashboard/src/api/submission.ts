import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

import { Problem, randomKey } from "./http";

/**
 * One form's submissions. The idempotency key stays the same while the same body has had no answer
 * (a lost connection, a failing server), so that pressing the button again never does it twice.
 * Afterwards everything on screen is read anew.
 */
export function useSubmission<Body, Result>(
  submit: (body: Body, key: string) => Promise<Result>,
  onDone?: (result: Result, body: Body) => void,
) {
  const client = useQueryClient();
  const pending = useRef<{ body: string; key: string } | null>(null);
  return useMutation<Result, Problem, Body>({
    mutationFn: async (body) => {
      const text = JSON.stringify(body) ?? "";
      if (pending.current?.body !== text) pending.current = { body: text, key: randomKey() };
      try {
        const result = await submit(body, pending.current.key);
        pending.current = null;
        return result;
      } catch (error) {
        const answered = error instanceof Problem && error.status >= 400 && error.status < 500;
        if (answered) pending.current = null;
        throw error;
      }
    },
    onSuccess: async (result, body) => {
      onDone?.(result, body);
      await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    },
  });
}
