import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { FROM_HERE, Problem } from "../../api/http";
import { pdfAddress, pdfVersion } from "../../api/invoices";
import type { Invoice } from "../../api/types";
import { ProblemAlert } from "../../components/Problem";

async function fetchPdf(address: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(address, { headers: FROM_HERE, credentials: "same-origin", signal });
  if (!response.ok) throw new Problem(response.status, (await response.json()) as object);
  return response.blob();
}

/** The document as it is, or would be, sent. */
export function PdfView({ invoice }: { invoice: Invoice }) {
  const address = pdfAddress(invoice);
  const { data, error, refetch } = useQuery({
    queryKey: ["invoices", "pdf", invoice.id, pdfVersion(invoice)],
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
  return <iframe className="pdf" src={`${url}#navpanes=0&view=FitH`} title="Invoice PDF" />;
}
