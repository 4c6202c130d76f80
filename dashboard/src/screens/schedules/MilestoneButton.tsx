import { completePhase } from "../../api/schedules";
import type { Phase, Schedule } from "../../api/types";
import { DayDialog } from "../../components/DayDialog";
import { dayText, nextDay, today } from "../../components/format";

type Props = { shown: Schedule; phase: Phase; last: boolean };

/** Says that the milestone of a phase is reached, which ends the phase. */
export function MilestoneButton({ shown, phase, last }: Props) {
  return (
    <DayDialog
      label={phase.endDate ? "Change milestone day" : "Milestone reached"}
      title={`When is “${phase.milestone}” reached?`}
      dayLabel="Day of the milestone"
      day={phase.endDate ?? today()}
      min={phase.startDate}
      notes={(day) => [
        `The phase ends with ${dayText(day)}.`,
        last
          ? "So does the schedule."
          : `The next phase begins on ${dayText(nextDay(day))}; what is due by today is drafted at once.`,
      ]}
      confirmLabel="Milestone reached"
      dismissLabel="Not yet"
      act={(day, key) => completePhase(shown.id, phase.id, day, key)}
      doneText={(day) => `${phase.milestone}: ${dayText(day)}.`}
      button={{ size: "compact-sm" }}
    />
  );
}
