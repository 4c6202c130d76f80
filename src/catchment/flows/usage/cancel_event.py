"""What happens when an event is cancelled: one more row of the inbox, which supersedes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.errors import NotFound
from catchment.usage import StoredEvent, UsageStore, batch
from catchment.usage.intake import inbox
from catchment.usage.intake.events import cancellation


def cancel_event(
    tx: Connection, usage: UsageStore, workspace_id: str, customer_event_id: str, now: datetime
) -> StoredEvent:
    """Make the event of that id count no more; what it was, marked as cancelled.

    Nothing else is taken in meanwhile, so what is cancelled is what counted last. Raises NotFound
    where no event of that id counts, or none any more.
    """
    inbox.hold(tx, [workspace_id])
    found = usage.standing(workspace_id, [customer_event_id])
    if not found:
        raise NotFound(f"No event counts under the customerEventId {customer_event_id!r}.")
    usage.accept(tx, workspace_id, batch([cancellation(customer_event_id)]), now)
    [event] = found
    return replace(event, counts=False, cancelled=True)
