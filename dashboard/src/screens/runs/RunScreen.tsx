import { Alert, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";

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
import { RunInvoices } from "./RunInvoices";
import { RunTotals } from "./RunTotals";
import { Unaccounted } from "./Unaccounted";

const CRUMBS = [{ title: "Billing runs", to: "/billing/runs" }];
const SOURCES = { API: "API or dashboard", CLI: "Command line" };

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
      <PageHead title="Billing run" crumbs={CRUMBS} status={<Status value={shown.status} />} />
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
      {shown.finishedAt && <ControlSheet sheet={shown.controlSheet} />}
      <Unaccounted metrics={shown.controlSheet.metrics} />
      <RunInvoices id={shown.id} />
    </Stack>
  );
}

function facts(shown: BillingRunReport): [string, React.ReactNode][] {
  return [
    ["Due up to", <Day key="due" value={shown.asOf} />],
    ["Drafted", `${plural(shown.draftedCount, "invoice")}`],
    ["Issued by now", decimalText(issued(shown))],
    ...(shown.invoicesWithoutTaxRate
      ? [["Without a tax rate", plural(shown.invoicesWithoutTaxRate, "invoice")] as [string, string]]
      : []),
    ["Total", <RunTotals key="total" totals={shown.totals} />],
    ["Started", <Moment key="started" value={shown.createdAt} />],
    ["Ended", <Moment key="ended" value={shown.finishedAt} />],
    ["Asked for by", SOURCES[shown.source]],
  ];
}
