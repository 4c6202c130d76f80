import { Anchor, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { customer } from "../api/customers";

/** The name of a customer known by id; read once, then remembered. */
export function CustomerName({ id, link }: { id: string; link?: boolean }) {
  const { data, isPending } = useQuery({ ...customer(id), staleTime: 60_000 });
  if (isPending) return <Skeleton component="span" display="inline-block" height={12} width={110} />;
  const name = data?.legalName ?? id;
  return link ? (
    <Anchor component={Link} to={`/customers/${id}`} size="sm">
      {name}
    </Anchor>
  ) : (
    <>{name}</>
  );
}
