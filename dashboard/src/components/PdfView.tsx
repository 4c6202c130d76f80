import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { FROM_HERE, Problem } from "../api/http";
import { ProblemAlert } from "./Problem";

async function fetchPdf(address: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(address, { headers: FROM_HERE, credentials: "same-origin", signal });
  if (!response.ok) throw new Problem(response.status, (await response.json()) as object);
  return response.blob();
}

/** `version` changes whenever the document does. */
type Props = { address: string; version: string; title: string };

/** The document as it is, or would be, sent. */
export function PdfView({ address, version, title }: Props) {
  const { data, error, refetch } = useQuery({
    queryKey: ["invoices", "pdf", address, version],
    queryFn: ({ signal }) => fetchPdf(address, signal),
    staleTime: Infinity,
    gcTime: 0,
  });
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!data) return;
    const made = URL.createObjectURL(data);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the address lives as long as the effect
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);

  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />;
  if (!url) return <Skeleton className="pdf" aria-label="Loading the PDF" />;
  return <iframe className="pdf" src={`${url}#navpanes=0&view=FitH`} title={title} />;
}
