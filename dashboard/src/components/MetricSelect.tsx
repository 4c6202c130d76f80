import { Select, type SelectProps } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { everyMetric } from "../api/usage";

type Props = Omit<SelectProps, "data">;

export function MetricSelect(props: Props) {
  const { data } = useQuery(everyMetric);
  return (
    <Select
      searchable
      placeholder="Choose a metric"
      nothingFoundMessage="No such usage metric"
      {...props}
      data={(data ?? []).toReversed().map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}
