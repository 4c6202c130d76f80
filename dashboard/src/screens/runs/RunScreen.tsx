import { Alert, Anchor, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";

import { issued, run, type BillingRunReport } from "../../api/runs";
import { Facts } from "../../components/Facts";
import { Day, Moment } from "../../components/Figures";
import { decimalText, plural } from "../../components/format";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { ControlSheet } from "./ControlSheet";
import { Differences } from "./Differences";
import { Failures } from "./Failures";
import { RunActions } from "./RunActions";
import { RunBar } from "./RunBar";
import { RunInvoices } from "./RunInvoices";
import { RunTotals } from "./RunTotals";
import { Unaccounted } from "./Unaccounted";

const CRUMBS = [{ title: "Billing runs", to: "/billing/runs" }];
const SOURCES = { API: "API or dashboard", CLI: "Command line", SCHEDULE: "The clock" };

export default function RunScreen() {
  const { id = "" } = useParams();
  const found = useQuery(run(id));
  if (found.error) {
    return <PageProblem error={found.error} crumbs={CRUMBS} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Skeleton height={320} aria-label="Loading the billing run" />;
  const shown = found.data;
  return (
    <Stack gap="md">
      <PageHead
        title="Billing run"
        crumbs={CRUMBS}
        status={<Status value={shown.status} />}
        actions={<RunActions run={shown} />}
      />
      {shown.status === "RUNNING" && <RunBar progress={shown.progress} />}
      {shown.status === "FAILED" && (
        <Alert color="red" variant="outline" className="problem fault" role="alert" title="The run was given up">
          {shown.error} What it had drafted is kept; run billing again to draft the rest.
        </Alert>
      )}
      {shown.status === "UNBALANCED" && (
        <Alert color="red" variant="outline" className="problem fault" role="alert" title="Nothing was issued">
          {plural(shown.differenceCount, "figure does", "figures do")} not add up. Look through the
          differences, recalculate or delete those drafts, and run billing again.
        </Alert>
      )}
      <Panel title="Details">
        <Facts items={facts(shown)} />
      </Panel>
      <Differences run={shown} />
      <Failures failures={shown.failures} />
      {checked(shown) && <ControlSheet sheet={shown.controlSheet} />}
      <Unaccounted metrics={shown.controlSheet.metrics} />
      <RunInvoices run={shown} />
    </Stack>
  );
}

/** Whether the run came to its control sheet. */
const checked = ({ status }: BillingRunReport) => status === "BALANCED" || status === "UNBALANCED";

type Fact = [string, React.ReactNode];

const EarlierRun = ({ id }: { id: string }) => (
  <Anchor component={Link} to={`/billing/runs/${id}`} size="sm">
    Open that run
  </Anchor>
);

function facts(shown: BillingRunReport): Fact[] {
  return [
    ["Due up to", <Day key="due" value={shown.asOf} />],
    ["Drafted", `${plural(shown.draftedCount, "invoice")}`],
    ["Issued by now", decimalText(issued(shown))],
    ...(shown.invoicesWithoutTaxRate
      ? [["Without a tax rate", plural(shown.invoicesWithoutTaxRate, "invoice")] as Fact]
      : []),
    ["Total", <RunTotals key="total" totals={shown.totals} />],
    ["Started", <Moment key="started" value={shown.createdAt} />],
    ["Ended", <Moment key="ended" value={shown.finishedAt} />],
    ["Asked for by", SOURCES[shown.source]],
    ...(shown.retryOf ? [["Retry of", <EarlierRun key="retry" id={shown.retryOf} />] as Fact] : []),
  ];
}
