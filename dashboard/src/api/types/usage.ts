/** The wire shapes of usage metrics and usage events. */

import type { Decimal } from "./common";

export type AggregationType =
  | "COUNT"
  | "SUM"
  | "UNIQUE"
  | "MAX"
  | "LATEST"
  | "AVERAGE"
  | "PERCENTILE"
  | "TIME_WEIGHTED_SUM"
  | "CUSTOM";

export type ParameterType = "INTEGER" | "POSITIVE_INTEGER" | "NUMBER" | "POSITIVE_NUMBER";

export type MetricParameter = {
  id: string;
  name: string;
  type: ParameterType;
  description: string;
  defaultValue: string;
};

export type Metric = {
  id: string;
  name: string;
  description?: string;
  metricType: "SIMPLE" | "GROUPED" | "CUSTOM";
  eventType: string;
  aggregationType: AggregationType;
  aggregationProperty?: string;
  percentile?: string;
  expression?: string;
  parameters: MetricParameter[];
  unit?: string;
  propertyFilters: Record<string, string[]>;
  propertiesToNegate?: string[];
  caseSensitive?: boolean;
  createdAt?: string;
};

export type MetricRequest = Omit<Metric, "id" | "createdAt" | "parameters"> & {
  parameters?: (Omit<MetricParameter, "id"> & { id?: string })[];
};

export type Calculation = { name: string; eventCount: number; value: Decimal; unit?: string };

export type UsageBucket = { periodStart: string; value: Decimal; eventCount: number };

export type UsageEvent = {
  id: string;
  customerEventId: string;
  customerAlias: string;
  eventType: string;
  eventTimestamp: string;
  eventProperties: Record<string, unknown>;
  isLatestForCustomerEventId?: boolean;
  isCancelled?: boolean;
};

/** Usage under a name that no customer has. */
export type UnmappedAlias = {
  customerAlias: string;
  eventCount: number;
  firstEventAt: string;
  lastEventAt: string;
};

export type UsageEventRequest = {
  customerAlias: string;
  eventType: string;
  eventTimestamp?: string;
  customerEventId?: string;
  eventProperties?: Record<string, unknown>;
};
