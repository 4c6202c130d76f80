import { Button } from "@mantine/core";
import { Link } from "react-router";

import { archiveSchedule, resumeSchedule, startSchedule, suspendSchedule } from "../../api/schedules";
import type { Schedule } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import { dayText } from "../../components/format";
import { CancelButton } from "./CancelButton";
import { DuplicateButton } from "./DuplicateButton";
import { mayChange, mayStop } from "./stopping";

/** What can be done with a schedule as it stands. */
export function ScheduleActions({ shown }: { shown: Schedule }) {
  const { id, status, archivedAt } = shown;
  return (
    <>
      {!archivedAt && (
        <ConfirmButton
          label="Archive"
          title="Archive this billing schedule?"
          doneText="Billing schedule archived."
          act={(key) => archiveSchedule(id, key)}
        >
          Nothing that falls due after today is billed by it, not even what ran until today. To bill that,
          cancel it instead. Invoices it has made stay; what was paid in advance for later days is given back.
        </ConfirmButton>
      )}
      <DuplicateButton id={id} />
      {mayStop(shown) && <CancelButton shown={shown} />}
      {mayStop(shown) && status !== "SUSPENDED" && (
        <ConfirmButton
          label="Suspend"
          title="Suspend this billing schedule?"
          doneText="Billing schedule suspended."
          act={(key) => suspendSchedule(id, key)}
        >
          Nothing more is drafted until it is resumed; drafts that are there stay. Its customers&apos; usage
          stays with it and is billed then.
        </ConfirmButton>
      )}
      {mayChange(shown) && (
        <Button variant="default" component={Link} to={`/billing/schedules/${id}/edit`}>
          Edit
        </Button>
      )}
      {status === "SUSPENDED" && !archivedAt && (
        <ConfirmButton
          label="Resume"
          title="Resume this billing schedule?"
          doneText="Billing schedule resumed."
          act={(key) => resumeSchedule(id, key)}
          button={{ variant: "filled" }}
        >
          All that fell due meanwhile is drafted at once, each due day on an invoice of its own.
        </ConfirmButton>
      )}
      {status === "DRAFT" && !archivedAt && (
        <ConfirmButton
          label="Start"
          title="Start this billing schedule?"
          doneText="Billing schedule started."
          act={() => startSchedule(id)}
          button={{ variant: "filled" }}
        >
          Invoices are then drafted for everything that falls due from {dayText(shown.startDate)} on.
        </ConfirmButton>
      )}
    </>
  );
}
