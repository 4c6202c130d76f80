import { cancelSchedule } from "../../api/schedules";
import type { Schedule } from "../../api/types";
import { DayDialog } from "../../components/DayDialog";
import { dayText, today } from "../../components/format";
import { endNotes, lastDayFor } from "./stopping";

/** Ends a schedule with a day, after saying what that brings. */
export function CancelButton({ shown }: { shown: Schedule }) {
  const now = today();
  return (
    <DayDialog
      label="Cancel schedule"
      title="Cancel this billing schedule?"
      dayLabel="Last day"
      day={lastDayFor(shown, now)}
      min={shown.startDate}
      max={shown.endDate}
      notes={(lastDay) => endNotes(shown, lastDay, now)}
      dismissLabel="Keep it"
      act={(lastDay, key) => cancelSchedule(shown.id, lastDay, key)}
      doneText={(lastDay) => `Billing schedule ${lastDay < now ? "ended" : "ends"} with ${dayText(lastDay)}.`}
      danger
    />
  );
}
