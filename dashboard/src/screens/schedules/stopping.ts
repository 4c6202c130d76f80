/** When a schedule can be stopped or changed, and what its end brings. */

import type { Schedule } from "../../api/types";
import { dayText, nextDay } from "../../components/format";
import { phaseName } from "./phaseName";

const ENDED = new Set(["COMPLETED", "CANCELLED"]);

/** Whether it can be agreed anew. */
export const mayChange = ({ status, archivedAt }: Schedule) => !archivedAt && !ENDED.has(status);

/** Whether it can be suspended or cancelled: once it is started, until it has ended. */
export const mayStop = (schedule: Schedule) => mayChange(schedule) && schedule.status !== "DRAFT";

/** The day to propose as the last one. */
export const lastDayFor = ({ startDate }: Schedule, today: string) =>
  startDate > today ? startDate : today;

/** What a schedule's end with `lastDay` brings, a sentence each. */
export function endNotes(schedule: Schedule, lastDay: string, today: string): string[] {
  const due = nextDay(lastDay);
  const dropped = schedule.phases.flatMap((phase, index) =>
    !phase.startDate || phase.startDate > lastDay ? [phaseName(phase, index)] : [],
  );
  const advance = schedule.prices.some(({ billingType }) => billingType === "IN_ADVANCE");
  return [
    due <= today
      ? `The last invoice is due on ${dayText(due)}, so it is drafted at once.`
      : `The last invoice is drafted on ${dayText(due)}, the day after.`,
    `It has the usage up to and including ${dayText(lastDay)}. What recurs is charged for the days until then.`,
    ...(dropped.length ? [`What begins later falls away: ${dropped.join(", ")}.`] : []),
    ...(advance ? ["What was paid in advance for days after it is given back, by days."] : []),
    ...(lastDay < today
      ? [
          "Drafts of later days are made anew. What a final invoice has charged in arrears stays: void it first, or choose a later day.",
        ]
      : []),
  ];
}
