import { Select, type SelectProps } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { metricList } from "../api/usage";

type Props = Omit<SelectProps, "data">;

export function MetricSelect(props: Props) {
  const { data } = useQuery(metricList({ limit: 100 }));
  const items = data?.items ?? [];
  return (
    <Select
      searchable
      placeholder="Choose a metric"
      nothingFoundMessage="No such usage metric"
      {...props}
      data={items.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}
