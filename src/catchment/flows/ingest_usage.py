"""What happens when usage events arrive: each gets its id, and all are kept together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from catchment.usage import AcceptedEvent, UsageStore
from catchment.usage.events import micros


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as it was sent and checked. Without ``at`` it happened when it was received."""

    alias: str
    event_type: str
    at: datetime | None
    customer_event_id: str | None  # ours where the sender has none
    properties: str  # JSON object
    texts: dict[str, str]  # what metrics read of the properties


def ingest(
    tx: Connection,
    usage: UsageStore,
    workspace: str,
    events: Sequence[NewEvent],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> list[AcceptedEvent]:
    """Keep ``events`` in their order, which decides who supersedes whom. They count once ``tx`` is
    committed.
    """
    accepted = [_accepted(event, new_id(), now) for event in events]
    if accepted:
        usage.accept(tx, workspace, accepted, now)
    return accepted


def _accepted(event: NewEvent, id: str, now: datetime) -> AcceptedEvent:
    return AcceptedEvent(
        id,
        event.customer_event_id or id,
        event.alias,
        event.event_type,
        micros(event.at or now),
        event.properties,
        event.texts,
    )
