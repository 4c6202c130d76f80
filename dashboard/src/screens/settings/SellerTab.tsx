import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { merchant } from "../../api/account";
import { Empty } from "../../components/Empty";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { SellerForm } from "./SellerForm";

/** Who the invoices are from. */
export function SellerTab() {
  const found = useQuery({ ...merchant, staleTime: Infinity });
  return (
    <Panel title="Seller">
      {found.error ? (
        <ProblemAlert error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton height={320} />
      ) : found.data ? (
        <SellerForm key={found.dataUpdatedAt} merchant={found.data} />
      ) : (
        <Empty title="This workspace has no seller yet">
          Your administrator creates it together with the workspace; then it can be filled in here.
        </Empty>
      )}
    </Panel>
  );
}
