import { Button, Group, Text } from "@mantine/core";

import { statementPath } from "../../api/shares";
import type { Statement, StatementMember } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { Money, Quantity } from "../../components/Figures";
import { decimalText, plural } from "../../components/format";
import { Panel } from "../../components/Panel";

type Props = { shown: Statement; members: StatementMember[]; more?: () => void; busy: boolean };

/** The customers of a branch, each with what it used and its share; they add up to the statement. */
export function StatementMembers({ shown, members, more, busy }: Props) {
  const all = shown.members?.pagination?.totalResultSize ?? members.length;
  return (
    <Panel
      title="Customers"
      flush
      actions={
        <Text size="xs" c="dimmed">
          {plural(all, "customer")}
        </Text>
      }
    >
      <DataTable
        label="Customers of the statement"
        columns={columns(shown)}
        rows={members}
        rowKey={(row) => row.customerId}
        rowLink={(row) => statementPath(row.customerId, shown.invoiceId, false)}
      />
      {more && (
        <Group px={{ base: "sm", sm: "md" }} py={8} justify="space-between">
          <Text size="xs" c="dimmed">
            The first {decimalText(members.length)} of {decimalText(all)} customers.
          </Text>
          <Button variant="default" size="compact-sm" loading={busy} onClick={more}>
            Show more
          </Button>
        </Group>
      )}
    </Panel>
  );
}

function columns({ usage, currency }: Statement): Column<StatementMember>[] {
  return [
    {
      title: "Customer",
      cell: ({ name, depth, pathNames }) => (
        <span style={{ display: "inline-block", paddingLeft: depth * 20 }} title={pathNames.join(" / ")}>
          {name}
        </span>
      ),
    },
    ...usage.map(({ usageMetricId, title, unit }) => ({
      title: unit && !title.toLowerCase().includes(unit.toLowerCase()) ? `${title}, ${unit}` : title,
      end: true,
      cell: (row: StatementMember) => {
        const used = row.usage.find((one) => one.usageMetricId === usageMetricId);
        return used?.value !== undefined && <Quantity value={used.value} />;
      },
    })),
    {
      title: "Share",
      end: true,
      cell: (row) => <Money value={row.netTotal} currency={currency} />,
    },
  ];
}
