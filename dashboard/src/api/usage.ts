import { queryOptions } from "@tanstack/react-query";

import { api, everyPage, type Query } from "./http";
import type {
  Calculation,
  Metric,
  MetricRequest,
  Page,
  UnmappedAlias,
  UsageBucket,
  UsageEvent,
  UsageEventRequest,
} from "./types";

export const metricList = (query: Query) =>
  queryOptions({
    queryKey: ["metrics", "list", query],
    queryFn: ({ signal }) => api.get<Page<Metric>>("/usage-metrics", query, signal),
  });

export const everyMetric = queryOptions({
  queryKey: ["metrics", "every"],
  queryFn: ({ signal }) => everyPage<Metric>("/usage-metrics", {}, signal),
});

export const metric = (id: string) =>
  queryOptions({
    queryKey: ["metrics", "one", id],
    queryFn: ({ signal }) => api.get<Metric>(`/usage-metrics/${id}`, {}, signal),
    enabled: id !== "",
  });

export const eventList = (query: Query) =>
  queryOptions({
    queryKey: ["events", "list", query],
    queryFn: ({ signal }) => api.get<Page<UsageEvent>>("/usage-events", query, signal),
  });

export const unmappedAliases = (query: Query) =>
  queryOptions({
    queryKey: ["events", "unmapped", query],
    queryFn: ({ signal }) =>
      api.get<Page<UnmappedAlias>>("/usage-events/unmapped-aliases", query, signal),
  });

export type UsageQuery = {
  customerIds: string[];
  includeDescendants: boolean;
  from: string;
  to: string;
  bucket: "day" | "month";
};

/** Usage of some customers in buckets of time, for the charts. */
export const usage = (metricId: string, query: UsageQuery) =>
  queryOptions({
    queryKey: ["usage", metricId, query],
    queryFn: ({ signal }) =>
      api.get<{ items: UsageBucket[] }>(`/usage-metrics/${metricId}/usage`, query, signal),
    enabled: metricId !== "" && query.customerIds.length > 0,
  });

export const calculate = (
  metricId: string,
  query: { customerAliases: string[]; periodStart: string; periodEnd: string },
) => api.get<Calculation>(`/usage-metrics/${metricId}/calculate`, query);

export const createMetric = (body: MetricRequest, key: string) =>
  api.post<Metric>("/usage-metrics", body, key);

export const updateMetric = (id: string, body: MetricRequest) =>
  api.put<Metric>(`/usage-metrics/${id}`, body);

export const deleteMetric = (id: string) => api.delete<Metric>(`/usage-metrics/${id}`);

export const createEvent = (body: UsageEventRequest, key: string) =>
  api.post<UsageEvent>("/usage-events", body, key);

export const cancelEvent = (customerEventId: string) =>
  api.delete<UsageEvent>(
    `/usage-events/by-customer-event-id/${encodeURIComponent(customerEventId)}`,
  );
