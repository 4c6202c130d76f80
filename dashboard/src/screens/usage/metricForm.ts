import type { AggregationType, Metric, MetricParameter, MetricRequest, ParameterType } from "../../api/types";
import { toFraction, toPercent } from "../../components/percent";

export const AGGREGATIONS: { value: AggregationType; label: string; hint: string }[] = [
  { value: "COUNT", label: "Count of events", hint: "How many events there were." },
  { value: "SUM", label: "Sum of a property", hint: "The numbers of all events, added up." },
  { value: "UNIQUE", label: "Distinct values of a property", hint: "How many different values there were." },
  { value: "MAX", label: "Largest value of a property", hint: "The greatest number of any event." },
  { value: "LATEST", label: "Latest value of a property", hint: "The number in the last event." },
  { value: "AVERAGE", label: "Average of a property", hint: "The mean over all events that have a number." },
  {
    value: "PERCENTILE",
    label: "Percentile of a property",
    hint: "The smallest value that this share of all events does not exceed.",
  },
  {
    value: "TIME_WEIGHTED_SUM",
    label: "Property by the hours it stands",
    hint: "Each value counts until the next event of the same customer, in values × hours: gigabyte hours.",
  },
  {
    value: "CUSTOM",
    label: "Expression over properties",
    hint: "Worked out for each event and added up. Each price may set its parameters.",
  },
];

export const PARAMETER_TYPES: { value: ParameterType; label: string }[] = [
  { value: "NUMBER", label: "Number" },
  { value: "POSITIVE_NUMBER", label: "Positive number" },
  { value: "INTEGER", label: "Whole number" },
  { value: "POSITIVE_INTEGER", label: "Positive whole number" },
];

export const readsProperty = (type: AggregationType) => type !== "COUNT" && type !== "CUSTOM";

export type ParameterValues = Omit<MetricParameter, "id"> & { id?: string };

export const NEW_PARAMETER: ParameterValues = { name: "", type: "NUMBER", description: "", defaultValue: "" };

export type FilterValues = { property: string; negated: boolean; values: string[] };

export type MetricValues = {
  name: string;
  description: string;
  eventType: string;
  aggregationType: AggregationType;
  aggregationProperty: string;
  percentile: string; // in percent
  expression: string;
  parameters: ParameterValues[];
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
    percentile: metric?.percentile ? toPercent(metric.percentile) : "",
    expression: metric?.expression ?? "",
    parameters: (metric?.parameters ?? []).map(({ id, name, type, description, defaultValue }) => ({
      id,
      name,
      type,
      description,
      defaultValue,
    })),
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
  if (readsProperty(values.aggregationType) && !values.aggregationProperty.trim()) {
    errors.aggregationProperty = "Name the property";
  }
  if (values.aggregationType === "PERCENTILE" && !isPercentile(values.percentile)) {
    errors.percentile = "Above 0, up to 100";
  }
  if (values.aggregationType === "CUSTOM") {
    if (!values.expression.trim()) errors.expression = "Give an expression, such as tokens * weight";
    values.parameters.forEach(({ name, defaultValue }, index) => {
      if (!name.trim()) errors[`parameters.${index}.name`] = "Name it as in the expression";
      if (!isDecimal(defaultValue)) errors[`parameters.${index}.defaultValue`] = "Give a number";
    });
  }
  values.filters.forEach(({ property, values: wanted }, index) => {
    if (!property.trim()) errors[`filters.${index}.property`] = "Name the property";
    if (wanted.length === 0) errors[`filters.${index}.values`] = "Give at least one value";
  });
  return errors;
}

const isDecimal = (text: string) => /^-?\d+(\.\d+)?$/.test(text.trim());
const isPercentile = (text: string) => isDecimal(text) && Number(text) > 0 && Number(text) <= 100;

export function metricBody(values: MetricValues): MetricRequest {
  const filters = values.filters.map((filter) => ({ ...filter, property: filter.property.trim() }));
  const custom = values.aggregationType === "CUSTOM";
  return {
    name: values.name.trim(),
    description: values.description.trim() || undefined,
    metricType: custom ? "CUSTOM" : "SIMPLE",
    eventType: values.eventType.trim(),
    aggregationType: values.aggregationType,
    aggregationProperty: readsProperty(values.aggregationType)
      ? values.aggregationProperty.trim()
      : undefined,
    percentile: values.aggregationType === "PERCENTILE" ? toFraction(values.percentile) : undefined,
    expression: custom ? values.expression.trim() : undefined,
    parameters: custom
      ? values.parameters.map((one) => ({
          ...one,
          name: one.name.trim(),
          description: one.description.trim(),
          defaultValue: one.defaultValue.trim(),
        }))
      : [],
    unit: values.unit.trim() || undefined,
    caseSensitive: values.caseSensitive,
    propertyFilters: Object.fromEntries(filters.map(({ property, values: wanted }) => [property, wanted])),
    propertiesToNegate: filters.filter(({ negated }) => negated).map(({ property }) => property),
  };
}

/** "Sum of tokens" */
export function aggregationText(metric: Metric): string {
  const { aggregationType, aggregationProperty = "", percentile = "1", expression = "" } = metric;
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
    case "AVERAGE":
      return `Average ${aggregationProperty}`;
    case "PERCENTILE":
      return `${toPercent(percentile)} % percentile of ${aggregationProperty}`;
    case "TIME_WEIGHTED_SUM":
      return `${aggregationProperty} × hours`;
    case "CUSTOM":
      return expression;
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
