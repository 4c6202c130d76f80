import { Anchor, Group, Text } from "@mantine/core";
import { Link } from "react-router";

import { takeGrantBack } from "../../../api/credits";
import type { BalanceGrant, CreditBalance, CreditTransaction } from "../../../api/types";
import { ConfirmButton } from "../../../components/ConfirmButton";
import { DataTable, type Column } from "../../../components/DataTable";
import { Day, Missing } from "../../../components/Figures";
import { decimalText, moneyText, periodText, plural } from "../../../components/format";

const REASONS: Record<CreditTransaction["reason"], string> = {
  GRANTED: "Granted",
  APPLIED: "Paid",
  RETURNED: "Given back",
  VOIDED: "Taken back",
  EXPIRED: "Expired",
};

/** What is left of one currency or metric: the grants it is made of, and all that happened to them. */
export function BalanceSection({ balance }: { balance: CreditBalance }) {
  const { type, id, name, grants, transactions } = balance;
  const text = (value: string) => (type === "CASH" ? moneyText(value, id) : decimalText(value));
  const names = new Map(grants.map((grant) => [grant.id, grant.name]));
  const held = balance.projected !== "0";
  return (
    <section aria-label={`Credit in ${name}`}>
      <Group justify="space-between" align="baseline" className="panel-body" gap="xs">
        <Text fw={600}>
          {text(balance.balance)} {name} left
        </Text>
        {held && (
          <Text size="sm" c="dimmed">
            {text(balance.projected)} of it is held by drafts
          </Text>
        )}
      </Group>
      <DataTable
        label={`Grants in ${name}`}
        columns={grantColumns(text)}
        rows={grants}
        rowKey={(grant) => grant.id}
      />
      <details className="more">
        <summary style={{ marginInline: 16 }}>{plural(transactions.length, "transaction")}</summary>
        <DataTable
          label={`Transactions in ${name}`}
          columns={transactionColumns(text, names)}
          rows={transactions}
          rowKey={(one) => one.id ?? `${one.grantId} ${one.reason}`}
        />
      </details>
    </section>
  );
}

const grantColumns = (text: (value: string) => string): Column<BalanceGrant>[] => [
  { title: "Grant", cell: (grant) => grant.name },
  {
    title: "Sold by",
    cell: ({ invoiceId }) => <InvoiceLink id={invoiceId} />,
    wideOnly: true,
  },
  {
    title: "Pays for",
    cell: ({ effectiveDate, expiryDate }) => periodText(effectiveDate, expiryDate),
    wideOnly: true,
  },
  { title: "Granted", cell: (grant) => text(grant.originalAmount), end: true },
  { title: "Left", cell: (grant) => text(grant.currentBalance), end: true },
  {
    title: "Actions",
    cell: (grant) => (Number(grant.currentBalance) ? <TakeBack grant={grant} text={text} /> : null),
    end: true,
  },
];

function TakeBack({ grant, text }: { grant: BalanceGrant; text: (value: string) => string }) {
  return (
    <ConfirmButton
      label="Take back"
      title={`Take back ${grant.name}?`}
      act={() => takeGrantBack(grant.id)}
      doneText={`${grant.name} taken back.`}
      danger
      button={{ size: "compact-xs" }}
    >
      {text(grant.currentBalance)} is left of it. What it has paid of final invoices stays paid; drafts are made
      anew without it.
    </ConfirmButton>
  );
}

const InvoiceLink = ({ id }: { id?: string }) =>
  id ? (
    <Anchor component={Link} to={`/billing/invoices/${id}`} size="sm">
      Invoice
    </Anchor>
  ) : (
    <Missing />
  );

const transactionColumns = (
  text: (value: string) => string,
  names: Map<string, string>,
): Column<CreditTransaction>[] => [
  { title: "Date", cell: (one) => <Day value={one.date} /> },
  { title: "What", cell: (one) => REASONS[one.reason] },
  { title: "Grant", cell: (one) => names.get(one.grantId), wideOnly: true },
  {
    title: "Invoice",
    cell: ({ invoiceId }) => <InvoiceLink id={invoiceId} />,
  },
  {
    title: "Amount",
    cell: (one) => `${one.type === "CREDIT" ? "+" : "-"}${text(one.amount)}`,
    end: true,
  },
];
