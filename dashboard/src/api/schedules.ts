import { queryOptions } from "@tanstack/react-query";

import { api, type Query } from "./http";
import type {
  NextInvoice,
  Page,
  Schedule,
  ScheduleRequest,
  Simulation,
  SimulationRequest,
} from "./types";

export const scheduleList = (query: Query) =>
  queryOptions({
    queryKey: ["schedules", "list", query],
    queryFn: ({ signal }) => api.get<Page<Schedule>>("/billing-schedules", query, signal),
  });

export const schedule = (id: string) =>
  queryOptions({
    queryKey: ["schedules", "one", id],
    queryFn: ({ signal }) => api.get<Schedule>(`/billing-schedules/${id}`, {}, signal),
    enabled: id !== "",
  });

export const createSchedule = (body: ScheduleRequest, key: string) =>
  api.post<Schedule>("/billing-schedules", body, key);

export const updateSchedule = (id: string, body: ScheduleRequest) =>
  api.put<Schedule>(`/billing-schedules/${id}`, updateBody(body));

/** What a change may carry: a schedule keeps its customer, label and state of being a draft. */
function updateBody(body: ScheduleRequest): Partial<ScheduleRequest> {
  const { customerId, isDraft, label, ...rest } = body;
  return rest;
}

export const startSchedule = (id: string) =>
  api.put<Schedule>(`/billing-schedules/${id}/activate`, {});

export const archiveSchedule = (id: string, key: string) =>
  api.post<Schedule>(`/billing-schedules/${id}/archive`, undefined, key);

export const suspendSchedule = (id: string, key: string) =>
  api.post<Schedule>(`/billing-schedules/${id}/suspend`, undefined, key);

export const resumeSchedule = (id: string, key: string) =>
  api.post<Schedule>(`/billing-schedules/${id}/resume`, undefined, key);

/** Ends it with its last day. */
export const cancelSchedule = (id: string, endDate: string, key: string) =>
  api.post<Schedule>(`/billing-schedules/${id}/cancel`, { endDate }, key);

/** The milestone of a phase is reached: that day is its last. */
export const completePhase = (id: string, phaseId: string, date: string, key: string) =>
  api.post<Schedule>(`/billing-schedules/${id}/phases/${phaseId}/complete`, { date }, key);

export const duplicateSchedule = (id: string, customerId: string, key: string) =>
  api.post<Schedule>(`/billing-schedules/${id}/duplicate`, { customerId }, key);

/** By whom a schedule is to be paid; "" is what is set for its customer. */
export type PaymentChoice = {
  paymentProvider: NonNullable<Schedule["paymentProvider"]> | "";
  autoCharge: boolean;
};

/** A schedule's payment settings go by its own id, once it has any. */
export function savePayment(schedule: Schedule, choice: PaymentChoice, key: string): Promise<unknown> {
  const path = "/payments/settings/billing-schedules";
  const { id, paymentProvider: before } = schedule;
  if (!choice.paymentProvider) return before ? api.delete(`${path}/${id}`) : Promise.resolve();
  return before
    ? api.put(`${path}/${id}`, choice)
    : api.post(path, { ...choice, billingScheduleId: id }, key);
}

/** What would be billed if the period ended now; 404 `nothing_to_bill` where nothing more comes. */
export const nextInvoice = (id: string) =>
  queryOptions({
    queryKey: ["schedules", "next", id],
    queryFn: ({ signal }) => api.get<NextInvoice>(`/billing-schedules/${id}/next-invoice`, {}, signal),
  });

export const simulate = (id: string, body: SimulationRequest) =>
  api.post<Simulation>(`/billing-schedules/${id}/simulate`, body);
