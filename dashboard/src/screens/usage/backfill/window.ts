/** The window that is filled anew, as it is typed and as it is sent. */

import { monthStart, today } from "../../../components/format";
import { sentEvents } from "./sentEvents";

export type WindowValues = {
  eventType: string;
  customerAliases: string[];
  start: string;
  end: string;
  /** As they were pasted or read from a file. */
  events: string;
};

/** This month, of nothing yet. */
export const windowOf = (): WindowValues => ({
  eventType: "",
  customerAliases: [],
  start: `${monthStart(today())}T00:00`,
  end: `${monthStart(today(), 1)}T00:00`,
  events: "",
});

export function problemsOf({ eventType, start, end }: WindowValues): Record<string, string> {
  const problems: Record<string, string> = {};
  if (!eventType.trim()) problems.eventType = "Give the type, such as api_call";
  if (!start) problems.start = "Give the first instant";
  if (!end) problems.end = "Give the instant at which it is over";
  else if (start >= end) problems.end = "Ends before it starts";
  return problems;
}

/** The body of the request, written so that the events keep all their digits. Throws Unreadable. */
export function bodyOf({ eventType, customerAliases, start, end, events }: WindowValues): string {
  const type = eventType.trim();
  const head = JSON.stringify({
    eventType: type,
    customerAliases: customerAliases.length ? customerAliases : undefined,
    start: `${start}Z`,
    end: `${end}Z`,
  });
  return `${head.slice(0, -1)},"events":${sentEvents(events, type).json}}`;
}
