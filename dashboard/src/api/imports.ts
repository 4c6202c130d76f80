import { exact, FROM_HERE, problemOf, queryText, unreachable } from "./http";

/** A cell that broke a rule; the header is row 1. Without a column it is the row as a whole. */
export type Refused = { row: number; column: string; code: string; message: string };

/** What an import did, would do, or why it did nothing: then `refusedCount` is above zero. */
export type ImportReport = {
  created: number;
  moved: number;
  unchanged: number;
  linksAdded: number;
  refused: Refused[];
  refusedCount: number;
  dryRun: boolean;
};

type Options = { dryRun: boolean; key?: string; sent?: (part: number) => void; signal?: AbortSignal };

/** Sends a CSV file. An import that is refused row by row answers as well: with its report. */
export function importCustomers(file: Blob, options: Options): Promise<ImportReport> {
  // Not by fetch, which does not tell how much of a large file has been sent.
  const request = new XMLHttpRequest();
  request.open("POST", `/api/customers/import${queryText({ dryRun: options.dryRun })}`);
  const headers = { Accept: "application/json", "Content-Type": "text/csv", ...FROM_HERE };
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  if (options.key) request.setRequestHeader("Idempotency-Key", options.key);
  request.upload.addEventListener("progress", ({ loaded, total }) =>
    options.sent?.(total ? loaded / total : 1),
  );
  options.signal?.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("abort", () => reject(options.signal?.reason as Error));
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("load", () => {
      const { status, responseText } = request;
      const problem =
        status < 300 ? undefined : problemOf(status, responseText, request.getResponseHeader("x-request-id"));
      if (problem && problem.code !== "import_refused") reject(problem);
      else resolve(exact(responseText) as ImportReport);
    });
    request.send(file);
  });
}

/** The tree of a day, at its first instant in UTC, as CSV; without a day, the tree as it is now. */
export const exportAddress = (day: string) =>
  `/api/customers/export${queryText({ asOf: day && `${day}T00:00:00Z` })}`;
