import type { AggregationType, Metric, MetricRequest } from "../../api/types";

export const AGGREGATIONS: { value: AggregationType; label: string }[] = [
  { value: "COUNT", label: "Count of events" },
  { value: "SUM", label: "Sum of a property" },
  { value: "UNIQUE", label: "Distinct values of a property" },
  { value: "MAX", label: "Largest value of a property" },
  { value: "LATEST", label: "Latest value of a property" },
];

export type FilterValues = { property: string; negated: boolean; values: string[] };

export type MetricValues = {
  name: string;
  description: string;
  eventType: string;
  aggregationType: AggregationType;
  aggregationProperty: string;
  unit: string;
  caseSensitive: boolean;
  filters: FilterValues[];
};

export function metricValues(metric?: Metric): MetricValues {
  return {
    name: metric?.name ?? "",
    description: metric?.description ?? "",
    eventType: metric?.eventType ?? "",
    aggregationType: metric?.aggregationType ?? "COUNT",
    aggregationProperty: metric?.aggregationProperty ?? "",
    unit: metric?.unit ?? "",
    caseSensitive: metric?.caseSensitive ?? true,
    filters: Object.entries(metric?.propertyFilters ?? {}).map(([property, values]) => ({
      property,
      negated: metric?.propertiesToNegate?.includes(property) ?? false,
      values,
    })),
  };
}

export function metricErrors(values: MetricValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!values.name.trim()) errors.name = "Give the metric a name";
  if (!values.eventType.trim()) errors.eventType = "Give the type of event to measure";
  if (values.aggregationType !== "COUNT" && !values.aggregationProperty.trim()) {
    errors.aggregationProperty = "Name the property";
  }
  values.filters.forEach(({ property, values: wanted }, index) => {
    if (!property.trim()) errors[`filters.${index}.property`] = "Name the property";
    if (wanted.length === 0) errors[`filters.${index}.values`] = "Give at least one value";
  });
  return errors;
}

export function metricBody(values: MetricValues): MetricRequest {
  const filters = values.filters.map((filter) => ({ ...filter, property: filter.property.trim() }));
  return {
    name: values.name.trim(),
    description: values.description.trim() || undefined,
    metricType: "SIMPLE",
    eventType: values.eventType.trim(),
    aggregationType: values.aggregationType,
    aggregationProperty:
      values.aggregationType === "COUNT" ? undefined : values.aggregationProperty.trim(),
    unit: values.unit.trim() || undefined,
    caseSensitive: values.caseSensitive,
    propertyFilters: Object.fromEntries(filters.map(({ property, values: wanted }) => [property, wanted])),
    propertiesToNegate: filters.filter(({ negated }) => negated).map(({ property }) => property),
  };
}

/** "Sum of tokens" */
export function aggregationText({ aggregationType, aggregationProperty = "" }: Metric): string {
  switch (aggregationType) {
    case "COUNT":
      return "Count of events";
    case "SUM":
      return `Sum of ${aggregationProperty}`;
    case "UNIQUE":
      return `Distinct ${aggregationProperty}`;
    case "MAX":
      return `Largest ${aggregationProperty}`;
    case "LATEST":
      return `Latest ${aggregationProperty}`;
  }
}

/** "region is eu or us, plan is not free" */
export const filtersText = ({ propertyFilters, propertiesToNegate = [] }: Metric): string =>
  Object.entries(propertyFilters)
    .map(([property, values]) => {
      const is = propertiesToNegate.includes(property) ? "is not" : "is";
      return `${property} ${is} ${values.join(" or ")}`;
    })
    .join(", ");
