"""Seats, asked for as usage is: what billing measures of them, and what came late for it.

Seat events are few and relational, so they are read here and measured by the core. How far they
were read is a place in their own order of acknowledgement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.pricing import SeatPart
from catchment.core.usage.metering import Aggregation, Metric, Usage, UsageQuery
from catchment.core.usage.seat_balances import SeatTotal, measure
from catchment.core.values.period import BEGINNING, Period
from catchment.store.invoices.adjustments import Stretch
from catchment.store.seats import seat_events


def of_seats(metric: Metric | None) -> bool:
    """Whether a metric counts seats rather than usage events."""
    return metric is not None and metric.aggregation is Aggregation.SEATS


def seats(
    tx: Connection,
    workspace_id: str,
    query: UsageQuery,
    service: Period,
    zone: tzinfo,
    *,
    payer: CustomerId,
    part: SeatPart,
    up_to: int,
) -> Usage:
    """The seats of the members of ``query`` on the days of a service, as known at a place.

    What is committed goes by the first day alone: whose it is, too.
    """
    end = service.span(zone).end
    totals = totals_of(tx, workspace_id, query, before=end, up_to=up_to)
    first_day = part is SeatPart.COMMITTED
    return measure(
        query.members,
        totals,
        service,
        zone,
        payer=payer,
        bounds=query.bounds,
        first_day=first_day,
    )


def totals_of(
    tx: Connection, workspace_id: str, query: UsageQuery, *, before: datetime, up_to: int
) -> dict[str, list[SeatTotal]]:
    """By alias all that the members of ``query`` told of its seats, as known at a place."""
    return seat_events.totals(
        tx,
        workspace_id,
        query.metric.event_type,
        {alias for member in query.members for alias in member.aliases},
        before=before,
        up_to=up_to,
    )


def late_seats(
    tx: Connection,
    workspace_id: str,
    stretches: Sequence[Stretch],
    renamed: Collection[tuple[str, datetime]],
    zone: tzinfo,
) -> Iterator[tuple[int, str]]:
    """For which of ``stretches``, and under which names, seat events count differently by now.

    ``renamed`` are names that were given or taken, and when: all that came under them counts.
    """
    by_reading: defaultdict[int, list[tuple[int, Stretch, datetime]]] = defaultdict(list)
    for place, one in enumerate(stretches):
        if one.aggregation is Aggregation.SEATS:
            by_reading[one.last_seq].append((place, one, one.service.span(zone).end))
    again = dict(renamed)
    for after, own in by_reading.items():
        oldest = min(one.known_at for _, one, _ in own)
        names = {name for name, at in renamed if at > oldest}
        before = max(end for *_, end in own)
        found = seat_events.changed(tx, workspace_id, names, before=before, after=after)
        for place, one, end in own:
            for change in found:
                late = change.last > after or again.get(change.alias, BEGINNING) > one.known_at
                if late and change.seat_type == one.event_type and change.at < end:
                    yield place, change.alias
