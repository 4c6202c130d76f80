"""Lines of single events as a census can count them: by the day.

A census says how many events of a day are whose. So all lines in force of the events of one day are
held against it together, on whichever invoices they stand: an event that no line bills is missed as
one is that two do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.terms.single_events import EventPart
from catchment.store.invoices.events_billed import EventDay, events_billed
from catchment.store.invoices.invoice_figures import MeasuredLine


def by_day(tx: Connection, workspace_id: str, lines: Iterable[MeasuredLine]) -> list[MeasuredLine]:
    """The lines, but of each invoice those of a day's events as one: it has all events that lines
    bill of that day by the same reading or an earlier one.

    An adjustment has so many of them beyond those ``deducted``. Whose are all lines, or all
    adjustments.
    """
    found: list[MeasuredLine] = []
    of_days: defaultdict[tuple[EventDay, str, int], list[MeasuredLine]] = defaultdict(list)
    for one in lines:
        schedule_id, price_id, day, part = one.charge
        if EventPart.names_one(part):
            key = (schedule_id, price_id, day), one.line.invoice_id, one.last_seq
            of_days[key].append(one)
        else:
            found.append(one)
    if of_days:
        counts = events_billed(tx, workspace_id, {days for days, _, _ in of_days})
        for (days, _, last_seq), own in of_days.items():
            found.append(_together(own, _up_to(counts, days, last_seq)))
    return found


def _up_to(counts: Mapping[EventDay, list[tuple[int, int]]], day: EventDay, last_seq: int) -> int:
    return sum(count for place, count in counts.get(day, ()) if place <= last_seq)


def _together(lines: list[MeasuredLine], billed: int) -> MeasuredLine:
    first = lines[0]
    if first.deducted is None:
        return structs.replace(first, line=replace(first.line, event_count=billed))
    beyond = sum(one.line.event_count for one in lines)
    return structs.replace(
        first,
        line=replace(first.line, event_count=beyond),
        deducted=replace(first.deducted, event_count=billed - beyond),
    )
