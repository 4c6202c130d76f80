import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";

import { shareExplanation, type ShareOf } from "../../api/shares";
import type { MemberReckoning, SettledTerm, ShareExplanation, Term } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Facts } from "../../components/Facts";
import { Money, Quantity } from "../../components/Figures";
import { decimalText, moneyText, periodText, plural } from "../../components/format";
import { exactMoney, exactText, isZero, sum } from "../../components/fraction";
import { ProblemAlert } from "../../components/Problem";

const REASONS: Record<Exclude<ShareExplanation["weighedBy"], "LINE" | "OWNER">, string> = {
  QUANTITY: "what each used",
  SEGMENTS: "what each used while a tier was open, at what the tier came to",
  EVENTS: "the price of each single event",
  ALONE: "what each would have paid alone",
  LINES: "what each has of the lines that it is of",
};

/** How a share of a line came about: from the weights to the cent that was left over. */
export function ShareWorking(props: ShareOf) {
  const query = useInfiniteQuery(shareExplanation(props));
  const told = query.data?.pages[0];
  if (query.error) return <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />;
  if (!told) return <Skeleton height={180} aria-label="Loading the explanation" />;
  const members = query.data?.pages.flatMap((page) => page.members.items) ?? [];
  const [only] = members;
  return (
    <Stack gap="md" aria-busy={query.isPlaceholderData}>
      <Facts items={facts(told)} />
      <Steps told={told} only={members.length === 1 ? only : undefined} />
      {members.length === 1 && only ? (
        <>
          <Terms terms={only.terms} told={told} />
          <SettledTerms terms={only.settled ?? []} told={told} />
        </>
      ) : (
        members.length > 1 && <Members members={members} told={told} />
      )}
      {query.hasNextPage && (
        <Button
          variant="default"
          size="compact-sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </Stack>
  );
}

function facts({ line, currency, netTotal, quantity }: ShareExplanation): [string, React.ReactNode][] {
  return [
    ["Share", <Money key="share" value={netTotal} currency={currency} />],
    ["Used", quantity !== undefined && <Quantity key="used" value={quantity} unit={line.unit} />],
    ["Of the line", <Money key="line" value={line.netTotal} currency={currency} />],
    ...(line.wholeNetTotal === undefined
      ? []
      : ([
          ["Of the whole charge", <Money key="whole" value={line.wholeNetTotal} currency={currency} />],
        ] as [string, React.ReactNode][])),
  ];
}

/** A weight as it reads: a quantity, or what it came to in money. */
const weightText = ({ weighedBy, currency }: ShareExplanation, weight: string) =>
  weighedBy === "QUANTITY" ? exactText(weight) : exactMoney(weight, currency);

type StepsProps = { told: ShareExplanation; only?: MemberReckoning };

/** From the weight over the exact part to the rounded one; that of a branch is a sum of rounded ones. */
function Steps({ told, only }: StepsProps) {
  const { line, currency, weighedBy } = told;
  if (weighedBy === "LINE") return <Text size="sm">Nobody shares this line: all of it is the payer&apos;s.</Text>;
  if (weighedBy === "OWNER")
    return (
      <Text size="sm">Nobody used anything: all of it is the customer&apos;s whose schedule it is.</Text>
    );
  const weight = weightText(told, told.weight);
  const whole = weightText(told, told.weightsTotal);
  const exact = exactMoney(told.exact, currency);
  if (isZero(told.weightsTotal))
    return (
      <Text size="sm">
        The charge is billed whole by a line of its own again, so this takes back what was adjusted before.
      </Text>
    );
  return (
    <ol className="steps">
      <li>
        {plural(line.sharingCustomers, "customer")} {line.sharingCustomers === 1 ? "has" : "share"}{" "}
        {line.wholeNetTotal === undefined ? "the line" : "the whole charge"} by{" "}
        {REASONS[weighedBy]}: {weight} of {whole}.
      </li>
      <li>
        {moneyText(line.wholeNetTotal ?? line.netTotal, currency)} × {weight} ÷ {whole} {exact.startsWith("≈") ? exact : `= ${exact}`}
      </li>
      <li>{only ? rounding(only, currency) : "Each customer's part is rounded by itself, as below."}</li>
      {told.deducted && <li>{deduction(told.deducted, told)}</li>}
    </ol>
  );
}

function rounding({ cut, leftover }: MemberReckoning, currency: string): string {
  const whole = moneyText(cut, currency);
  return isZero(leftover)
    ? `Cut to ${whole}; nothing was left over for it.`
    : `Cut to ${whole}, and ${moneyText(leftover, currency)} of what was left over: ${moneyText(sum([cut, leftover]), currency)}`;
}

function deduction(deducted: { netTotal: string }[], { currency, netTotal }: ShareExplanation): string {
  const taken = moneyText(sum(deducted.map((one) => one.netTotal)), currency);
  return `Less its ${taken} of ${plural(deducted.length, "line")} billed before: ${moneyText(netTotal, currency)}`;
}

type TermsProps = { terms: Term[]; told: ShareExplanation };

/** What the weight is made of: the segments the customer was in, or would have had alone. */
function Terms({ terms, told }: TermsProps) {
  const alone = told.weighedBy === "ALONE";
  const columns: Column<Term>[] = [
    { title: alone ? "Alone it would have had" : "Tier", cell: tierText },
    {
      title: "Quantity",
      end: true,
      cell: (term) =>
        alone
          ? decimalText(term.quantity)
          : `${decimalText(term.quantity)} of ${decimalText(term.ofQuantity)}`,
    },
    {
      title: "Rate",
      end: true,
      cell: ({ rate, fee }) => (
        <>
          {moneyText(rate, told.currency)}
          {!isZero(fee) && <span className="line-note">and a fee of {moneyText(fee, told.currency)}</span>}
        </>
      ),
    },
    {
      title: "Comes to",
      end: true,
      cell: (term) =>
        alone
          ? exactMoney(term.amount, told.currency)
          : `${exactMoney(term.amount, told.currency)} of ${moneyText(term.ofAmount, told.currency)}`,
    },
  ];
  if (terms.length === 0) return null;
  return (
    <DataTable
      label="What the weight is made of"
      columns={columns}
      rows={terms}
      rowKey={({ from = "", to = "", quantity }) => `${from}-${to}-${quantity}`}
    />
  );
}

function tierText({ from, to }: Term): string {
  if (to) return `${decimalText(from ?? "0")} – ${decimalText(to)}`;
  return from && !isZero(from) ? `Above ${decimalText(from)}` : "All units";
}

/** What the customer has of the lines that a discount or a minimum is of. */
function SettledTerms({ terms, told }: { terms: SettledTerm[]; told: ShareExplanation }) {
  const columns: Column<SettledTerm>[] = [
    { title: "Line", cell: (term) => term.title },
    {
      title: "Period",
      cell: ({ servicePeriod }) => periodText(servicePeriod.startDate, servicePeriod.endDate),
    },
    { title: "Its share", end: true, cell: (term) => exactMoney(term.amount, told.currency) },
  ];
  if (terms.length === 0) return null;
  return (
    <DataTable
      label="What the weight is made of"
      columns={columns}
      rows={terms}
      rowKey={({ priceId, servicePeriod }) => `${priceId}-${servicePeriod.startDate}`}
    />
  );
}

type MembersProps = { members: MemberReckoning[]; told: ShareExplanation };

/** The customers whose shares the share of a branch is the sum of. */
function Members({ members, told }: MembersProps) {
  const columns: Column<MemberReckoning>[] = [
    {
      title: "Customer",
      cell: (row) => (
        <>
          {row.name}
          {row.pathNames.length > 2 && (
            <span className="line-note">{row.pathNames.slice(1, -1).join(" / ")}</span>
          )}
        </>
      ),
    },
    { title: "Weight", end: true, cell: (row) => weightText(told, row.weight) },
    { title: "Exactly", end: true, wideOnly: true, cell: (row) => exactMoney(row.exact, told.currency) },
    {
      title: "Share",
      end: true,
      cell: (row) => <Money value={row.netTotal} currency={told.currency} />,
    },
  ];
  const all = told.members.pagination?.totalResultSize ?? members.length;
  return (
    <section aria-label="Customers it is the sum of">
      <Text size="sm" c="dimmed" mb="xs">
        The sum over {plural(all, "customer")}.
      </Text>
      <DataTable
        label="Customers it is the sum of"
        columns={columns}
        rows={members}
        rowKey={(row) => row.customerId}
      />
    </section>
  );
}
