import { Anchor, Button, Group, Skeleton, Stack, Switch } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";

import { methodOf, statement, statementPdf, type StatementOf } from "../../api/shares";
import type { Statement } from "../../api/types";
import { Facts } from "../../components/Facts";
import { Day, Money, Quantity } from "../../components/Figures";
import { periodText } from "../../components/format";
import { MethodSwitch } from "../../components/MethodSwitch";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { Panel } from "../../components/Panel";
import { PdfView } from "../../components/PdfView";
import { useParam } from "../../components/useFilters";
import { StatementLines } from "./StatementLines";
import { StatementMembers } from "./StatementMembers";

/** A customer's own page of an invoice, or that of its whole branch. */
export default function StatementScreen() {
  const { id = "", invoiceId = "" } = useParams();
  const [branch, setBranch] = useParam("branch");
  const [methodName, setMethod] = useParam("method");
  const [pdf, setPdf] = useParam("pdf");
  const asked: StatementOf = {
    customerId: id,
    invoiceId,
    method: methodOf(methodName),
    includeDescendants: branch !== null,
  };
  const query = useInfiniteQuery(statement(asked));
  const crumbs = [
    { title: "Customers", to: "/customers" },
    { title: query.data?.pages[0]?.customerName ?? "Customer", to: `/customers/${id}` },
  ];
  const whole = (
    <Switch
      label="With all below"
      checked={branch !== null}
      onChange={(event) => setBranch(event.currentTarget.checked ? "1" : null)}
    />
  );
  if (query.error) {
    return (
      <Stack gap="md">
        <PageProblem error={query.error} crumbs={crumbs} onRetry={() => void query.refetch()} />
        {whole}
      </Stack>
    );
  }
  const shown = query.data?.pages[0];
  if (!shown) return <Skeleton height={320} aria-label="Loading the statement" />;
  const members = query.data?.pages.flatMap((page) => page.members?.items ?? []) ?? [];
  const address = statementPdf(asked);
  return (
    <Stack gap="md">
      <PageHead
        title={`Statement of ${shown.customerName}`}
        crumbs={crumbs}
        actions={
          <>
            <Button variant="default" aria-pressed={pdf !== null} onClick={() => setPdf(pdf ? null : "1")}>
              {pdf ? "Hide PDF" : "Show PDF"}
            </Button>
            <Button component="a" variant="default" href={address} download>
              Download
            </Button>
          </>
        }
      />
      <div className="invoice-columns" data-pdf={pdf ? true : undefined}>
        <Stack gap="md" miw={0}>
          <Panel
            title="Details"
            actions={
              <Group gap="md">
                <MethodSwitch method={asked.method} onChange={setMethod} />
                {whole}
              </Group>
            }
          >
            <Facts items={facts(shown)} />
          </Panel>
          <StatementLines shown={shown} asked={asked} />
          {shown.members && (
            <StatementMembers
              shown={shown}
              members={members}
              more={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
              busy={query.isFetchingNextPage}
            />
          )}
        </Stack>
        {pdf && <PdfView address={address} version="" title="Statement PDF" />}
      </div>
    </Stack>
  );
}

function facts(shown: Statement): [string, React.ReactNode][] {
  const { billingPeriod: period, currency } = shown;
  const used: [string, React.ReactNode][] = shown.usage.map(({ usageMetricId, title, value, unit }) => [
    title,
    value === undefined ? (
      "counts once where several used the same"
    ) : (
      <Quantity key={usageMetricId} value={value} unit={unit} />
    ),
  ]);
  return [
    ["Share", <Money key="share" value={shown.grossTotal} currency={currency} />],
    ...used,
    [
      "Invoice",
      <Anchor key="invoice" component={Link} to={`/billing/invoices/${shown.invoiceId}`} size="sm">
        {shown.invoiceNumber}
      </Anchor>,
    ],
    [
      "Invoiced to",
      <Anchor key="payer" component={Link} to={`/customers/${shown.payerId}`} size="sm">
        {shown.payerName}
      </Anchor>,
    ],
    ["Period", period && periodText(period.start, period.endInclusive)],
    ["Issued", <Day key="issued" value={shown.issueDate} />],
  ];
}
