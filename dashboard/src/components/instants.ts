/** The instants at which a day begins and ends. Moves count days in UTC. */

import { nextDay } from "./format";

export const midnight = (day: string) => `${day}T00:00:00.000Z`;

/** A filter of instants for two days, both included; each may be "" for none. */
export const withinDays = (from: string, to: string) => ({
  eventTimestampAfter: from && lastInstant(nextDay(from, -1)),
  eventTimestampBefore: to && midnight(nextDay(to)),
});

export const lastInstant = (day: string) => `${day}T23:59:59.999Z`;
