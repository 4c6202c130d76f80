import { Popover, Table, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Price } from "../../api/types";
import { everyMetric } from "../../api/usage";
import { CustomerNames } from "../../components/CustomerNames";
import { decimalText, moneyText } from "../../components/format";
import { toPercent } from "../../components/percent";
import { termsText } from "./priceText";

/** The price's name, and whom it is for where it names customers. */
export function PriceDetail({ price }: { price: Price }) {
  const { restrictToCustomers: only } = price;
  return (
    <>
      <PriceName price={price} />
      <Parameters price={price} />
      {termsText(price) && (
        <Text size="xs" c="dimmed">
          {termsText(price)}
        </Text>
      )}
      {only && (
        <Text size="xs" c="dimmed">
          Only <CustomerNames ids={only} /> and below
        </Text>
      )}
    </>
  );
}

/** What the price sets of its metric, and the defaults of what it does not. */
function Parameters({ price }: { price: Price }) {
  const { data } = useQuery(everyMetric);
  const metric = data?.find(({ id }) => id === price.structure.usageMetricId);
  if (!metric?.parameters.length) return null;
  const given = new Map(price.customMetricParameters?.map(({ parameterId, value }) => [parameterId, value]));
  return (
    <Text size="xs" c="dimmed">
      {metric.parameters
        .map(({ id, name, defaultValue }) => `${name} = ${decimalText(given.get(id) ?? defaultValue)}`)
        .join(", ")}
    </Text>
  );
}

/** A tiered price shows its tiers when it is pressed. */
function PriceName({ price }: { price: Price }) {
  const { structure, currency, name } = price;
  const tiers = structure.tiers;
  if (!tiers?.length) return <>{name}</>;
  return (
    <Popover position="bottom-start" shadow="md" withArrow>
      <Popover.Target>
        <UnstyledButton c="var(--mantine-color-anchor)" fz="sm" aria-label={`${name}, show tiers`}>
          {name}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Table fz="sm" withRowBorders={false} aria-label={`Tiers of ${name}`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right">Up to</Table.Th>
              <Table.Th ta="right">Price</Table.Th>
              <Table.Th ta="right">Fee</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tiers.map((tier, index) => (
              <Table.Tr key={index}>
                <Table.Td ta="right">{tier.upperBound ? decimalText(tier.upperBound) : "open"}</Table.Td>
                <Table.Td ta="right">
                  {tier.isPricePercentage ? `${toPercent(tier.price)} %` : moneyText(tier.price, currency)}
                </Table.Td>
                <Table.Td ta="right">{tier.fee ? moneyText(tier.fee, currency) : "–"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Popover.Dropdown>
    </Popover>
  );
}
