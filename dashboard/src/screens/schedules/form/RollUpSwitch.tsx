import { Switch } from "@mantine/core";
import type { GetInputPropsReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { customer, hasChildren } from "../../../api/customers";

type Props = { customerId: string | null; startDate: string; props: GetInputPropsReturnType };

/** Roll-up billing, for customers that have children; otherwise it says why not. */
export function RollUpSwitch({ customerId, startDate, props }: Props) {
  const today = useQuery(hasChildren(customerId));
  const then = useQuery(hasChildren(customerId, startDate));
  const payer = useQuery(customer(customerId ?? ""));
  const possible = Boolean(today.data || then.data);
  const name = payer.data?.legalName ?? "This customer";
  const why = !customerId
    ? "Choose a customer first."
    : today.isPending
      ? "Looking for child accounts…"
      : possible
        ? `Usage of ${name} and everyone below it is added up first and priced once, on one invoice.`
        : `${name} has no child accounts, so there is nothing to roll up. Give another customer this one as its parent first.`;
  return <Switch label="Roll-up billing" description={why} {...props} disabled={!possible && !props.checked} />;
}
