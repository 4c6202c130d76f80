"""Events of a time that is no longer kept, which are refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from catchment.core.values.errors import Invalid
from catchment.usage.intake.events import Batch, SentEvent, batch, sent_events

Refused = tuple[tuple[int, Invalid], ...]
"""Events by their number, each with the reason."""


def refusal(since: datetime, pointer: str = "/eventTimestamp") -> Invalid:
    """Why an event of before ``since`` is refused."""
    at = since.isoformat().replace("+00:00", "Z")
    message = f"Usage events of before {at} were dropped, and no more of that time are taken."
    return Invalid.field(pointer, message, "usage_too_old")


def without_old(
    good: Batch, refused: Refused, numbers: Iterable[int], since: datetime | None
) -> tuple[Batch, Refused]:
    """The good events that did not happen before ``since`` (None: all), and those refused by now.

    ``numbers`` are those of all events, in order. One without a time happens when it is received.
    """
    if since is None:
        return good, refused
    known = dict(refused)
    left: list[SentEvent] = []
    numbered = [one for one in numbers if one not in known]
    for number, event in zip(numbered, sent_events(good.json), strict=True):
        if event.event_timestamp is not None and event.event_timestamp < since:
            known[number] = refusal(since)
        else:
            left.append(event)
    if len(left) == good.event_count:
        return good, refused
    return batch(left), tuple((number, known[number]) for number in sorted(known))
