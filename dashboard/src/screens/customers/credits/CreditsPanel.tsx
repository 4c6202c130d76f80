import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { creditBalances } from "../../../api/credits";
import { Empty } from "../../../components/Empty";
import { Panel } from "../../../components/Panel";
import { ProblemAlert } from "../../../components/Problem";
import { useParam } from "../../../components/useFilters";
import { BalanceSection } from "./BalanceSection";
import { GrantDrawer } from "./GrantDrawer";

/** What the customer has in advance, and what became of it. */
export function CreditsPanel({ customerId, archived }: { customerId: string; archived: boolean }) {
  const [granting, setGranting] = useParam("grant");
  const { data, error, refetch } = useQuery(creditBalances(customerId));
  return (
    <Panel
      title="Credits"
      flush
      actions={
        !archived && (
          <Button size="compact-sm" variant="default" onClick={() => setGranting("1")}>
            New grant
          </Button>
        )
      }
    >
      {error ? (
        <div className="panel-body">
          <ProblemAlert error={error} onRetry={() => void refetch()} />
        </div>
      ) : (
        data?.items.map((one) => <BalanceSection key={`${one.type} ${one.id}`} balance={one} />)
      )}
      {data?.items.length === 0 && (
        <Empty title="No credits">
          Credit in money, or in units of usage, pays what this customer&apos;s schedules charge.
        </Empty>
      )}
      {granting && <GrantDrawer customerId={customerId} onClose={() => setGranting(null)} />}
    </Panel>
  );
}
