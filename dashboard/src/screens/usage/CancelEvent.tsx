import { cancelEvent } from "../../api/usage";
import type { UsageEvent } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import { momentText } from "../../components/format";

export function CancelEvent({ event }: { event: UsageEvent }) {
  return (
    <ConfirmButton
      label="Cancel"
      title="Cancel this event?"
      confirmLabel="Cancel event"
      dismissLabel="Keep it"
      doneText="Usage event cancelled."
      act={() => cancelEvent(event.customerEventId)}
      danger
      button={{ size: "compact-xs" }}
    >
      <p style={{ marginTop: 0 }}>
        {event.eventType} of {event.customerAlias}, {momentText(event.eventTimestamp)}
      </p>
      It stays in the list and counts no more. Drafts follow when they are recalculated. Where an
      invoice of its time is final, the next one gives the money back.
    </ConfirmButton>
  );
}
