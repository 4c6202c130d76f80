import { useCallback } from "react";
import { useSearchParams } from "react-router";

/** The filters of a list, kept in the address, so that a view can be linked to and gone back to. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [params, setParams] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ""])) as Record<
    Name,
    string
  >;
  const cursor = {
    after: params.get("after") ?? undefined,
    before: params.get("before") ?? undefined,
  };

  /** A changed filter starts at the first page again. */
  const set = useCallback(
    (name: Name, value: string | null | undefined) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          if (value) next.set(name, value);
          else next.delete(name);
          next.delete("after");
          next.delete("before");
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );

  const go = useCallback(
    (to: { after?: string; before?: string }) =>
      setParams((old) => {
        const next = new URLSearchParams(old);
        for (const name of ["after", "before"] as const) {
          const value = to[name];
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      }),
    [setParams],
  );

  const clear = useCallback(() => setParams({}, { replace: true }), [setParams]);
  const active = names.some((name) => values[name] !== "");
  return { values, cursor, set, go, clear, active };
}

/** One parameter of the address that says which drawer or tab is open. */
export function useParam(name: string): [string | null, (value: string | null) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string | null) =>
      setParams((old) => {
        const next = new URLSearchParams(old);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      }),
    [name, setParams],
  );
  return [params.get(name), set];
}
