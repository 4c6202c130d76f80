import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import type { ImportReport } from "../../../api/imports";
import type { Mapping } from "./columns";
import type { Inspected, Row } from "./file";

/** A file with our columns, and what the server says of it. */
export type Checked = {
  csv: Blob;
  report: ImportReport;
  /** The rows that are refused, as they stand in the file. */
  rows: Row[];
  /** The refusals are those of the import itself: something has changed since the check. */
  late?: boolean;
};

/** An import on its way. What follows from something earlier is dropped when that changes. */
export type Import = {
  file?: File;
  inspected?: Inspected;
  mapping?: Mapping;
  checked?: Checked;
  done?: ImportReport;
};

const KEY = ["import"];
const NOTHING: Import = {};

/**
 * The import on its way. It outlives its screen, so that going back and forward loses nothing, and is
 * forgotten with everything else at signing out.
 */
export function useImport() {
  const client = useQueryClient();
  const { data = NOTHING } = useQuery<Import>({
    queryKey: KEY,
    queryFn: skipToken,
    staleTime: Infinity,
    gcTime: Infinity,
    structuralSharing: false,
  });
  const keep = useCallback((next: Import) => client.setQueryData(KEY, next), [client]);
  return [data, keep] as const;
}
