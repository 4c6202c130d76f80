import { Anchor } from "@mantine/core";
import { Fragment } from "react";
import { Link } from "react-router";

import type { Price } from "../../api/types";
import { Missing } from "../../components/Figures";

/** Whose billing schedules have a price, each leading to the schedule. */
export function PriceUse({ price: { usedBy } }: { price: Price }) {
  if (!usedBy) return <Missing>no schedule</Missing>;
  const more = usedBy.scheduleCount - usedBy.schedules.length;
  return (
    <>
      {usedBy.schedules.map(({ id, customerName }, index) => (
        <Fragment key={id}>
          {index > 0 && ", "}
          <Anchor component={Link} to={`/billing/schedules/${id}`} size="sm">
            {customerName}
          </Anchor>
        </Fragment>
      ))}
      {more > 0 && ` and ${more} more`}
    </>
  );
}
