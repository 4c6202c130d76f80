import { Anchor, Button, Group, Skeleton, Stack, Switch, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";

import { customer } from "../../api/customers";
import { Problem } from "../../api/http";
import { methodOf, statement, statementPdf, type StatementOf } from "../../api/shares";
import type { Statement } from "../../api/types";
import { Empty } from "../../components/Empty";
import { Facts } from "../../components/Facts";
import { Day, Missing, Money, Quantity } from "../../components/Figures";
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
    const none = query.error instanceof Problem && query.error.status === 404;
    if (none && branch === null) return <NothingItself customerId={id} whole={whole} />;
    return <PageProblem error={query.error} crumbs={crumbs} onRetry={() => void query.refetch()} />;
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
            {shown.usage.some(({ value }) => value === undefined) && (
              <Text size="xs" c="dimmed" mt="md">
                A dash: the customers&apos; own figures do not add up, so there is no sum.
              </Text>
            )}
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

/** Of whoever has no share itself, as a holding whose children use everything. */
function NothingItself({ customerId, whole }: { customerId: string; whole: React.ReactNode }) {
  const name = useQuery(customer(customerId)).data?.legalName ?? "Customer";
  const crumbs = [
    { title: "Customers", to: "/customers" },
    { title: name, to: `/customers/${customerId}` },
  ];
  return (
    <Stack gap="md">
      <PageHead title={`Statement of ${name}`} crumbs={crumbs} />
      <Panel>
        <Empty title="Nothing of its own" action={<Group justify="center">{whole}</Group>}>
          On this invoice {name} has neither usage nor a share itself; those below it may have.
        </Empty>
      </Panel>
    </Stack>
  );
}

function facts(shown: Statement): [string, React.ReactNode][] {
  const { billingPeriod: period, currency } = shown;
  const used: [string, React.ReactNode][] = shown.usage.map(({ usageMetricId, title, value, unit }) => [
    title,
    value === undefined ? (
      <Missing key={usageMetricId}>no sum</Missing>
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
