import { queryOptions } from "@tanstack/react-query";

import { api, everyPage, type Query, type RawJson } from "./http";
import type {
  BackfillCounts,
  BackfillPreview,
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
    queryFn: ({ signal }) => api.get<UsageEvents>("/usage-events", query, signal),
  });

/** A page of events; all of before `keptSince` were dropped, if it is there. */
export type UsageEvents = Page<UsageEvent> & { keptSince?: string };

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

export const previewBackfill = (body: RawJson) =>
  api.post<BackfillPreview>("/usage-events/backfills/preview", body);

export const makeBackfill = (body: RawJson, key: string) =>
  api.post<BackfillCounts>("/usage-events/backfills", body, key);
