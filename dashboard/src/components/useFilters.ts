import { useCallback, useState } from "react";
import { useSearchParams } from "react-router";

/**
 * The filters of a list, kept in the address, so that a view can be linked to and gone back to. The
 * address follows a moment later than the click; until then the new value is shown from memory.
 */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [params, setParams] = useSearchParams();
  const [pending, setPending] = useState<Partial<Record<Name, string>>>({});
  const address = params.toString();
  const [seen, setSeen] = useState(address);
  if (address !== seen) {
    setSeen(address);
    setPending({});
  }
  const values = Object.fromEntries(
    names.map((name) => [name, pending[name] ?? params.get(name) ?? ""]),
  ) as Record<Name, string>;
  const cursor = {
    after: params.get("after") ?? undefined,
    before: params.get("before") ?? undefined,
  };

  /** A changed filter starts at the first page again. */
  const set = useCallback(
    (name: Name, value: string | null | undefined) => {
      setPending((old) => ({ ...old, [name]: value ?? "" }));
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
      );
    },
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

  function clear() {
    setPending({});
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        for (const name of [...names, "after", "before"]) next.delete(name);
        return next;
      },
      { replace: true },
    );
  }

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
