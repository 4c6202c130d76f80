import type { UseFormReturnType } from "@mantine/form";
import { useEffect, useMemo } from "react";

import { Problem, type FieldProblem } from "../api/http";

/** "/phases/0/startDate" -> "phases.0.startDate" */
const formPath = (pointer: string) => pointer.replace(/^#?\//, "").replaceAll("/", ".");

function has(values: unknown, path: string): boolean {
  let at: unknown = values;
  for (const part of path.split(".")) {
    if (typeof at !== "object" || at === null || !(part in at)) return false;
    at = (at as Record<string, unknown>)[part];
  }
  return true;
}

/**
 * Shows each refusal beside its field and puts the cursor into the first one. Returns which refusals
 * have found a field, so that the alert can show the others. `rename` gives the form's own name of a
 * field that is called otherwise on the wire.
 */
export function useServerErrors<Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  error: unknown,
  rename: (path: string) => string = (path) => path,
): (error: FieldProblem) => boolean {
  const placed = useMemo(() => {
    const found = new Map<string, string>();
    if (!(error instanceof Problem)) return found;
    for (const item of error.errors) {
      const path = rename(formPath(item.pointer));
      if (has(form.getValues(), path)) found.set(item.pointer, path);
    }
    return found;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the answer belongs to the values sent
  }, [error]);

  useEffect(() => {
    if (!(error instanceof Problem)) return;
    const errors: Record<string, string> = {};
    for (const item of error.errors) {
      const path = placed.get(item.pointer);
      if (path !== undefined) errors[path] ??= item.message;
    }
    form.setErrors(errors);
    const first = Object.keys(errors)[0];
    if (first) form.getInputNode(first)?.focus();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once per answer
  }, [error]);

  return (item) => placed.has(item.pointer);
}
