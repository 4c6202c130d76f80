"""What charges ask for, counted: usage events by the usage store, seats by what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.pricing import SeatPart
from catchment.core.usage.metering import Usage
from catchment.core.values.period import Period
from catchment.flows.billing.agreed.onward import Onward, read_onward
from catchment.flows.billing.agreed.seat_usage import of_seats, seats
from catchment.usage import UsageStore


class Asking(NamedTuple):
    """A question for the days of a service. Of seats it says whose they are, and which ``part``
    (``SeatPart``).
    """

    onward: Onward
    service: Period
    payer: CustomerId
    part: str = SeatPart.ALL


class Counts(NamedTuple):
    """The answers in the order of the questions; usage events up to ``last_seq`` counted."""

    answers: tuple[Usage, ...]
    last_seq: int


def count(
    tx: Connection,
    usage: UsageStore,
    workspace_id: str,
    zone: tzinfo,
    asked: Sequence[Asking],
    *,
    last_seq: int | None,
    last_seat: int,
) -> Counts:
    """Count usage events up to ``last_seq`` (None: by now) and seat events up to ``last_seat``."""
    of_events = [one.onward for one in asked if not of_seats(one.onward.query.metric)]
    reading = read_onward(usage, workspace_id, of_events, last_seq)
    if len(of_events) == len(asked):
        return Counts(tuple(reading.answers), reading.last_seq)
    answers = iter(reading.answers)

    def counted() -> Iterator[Usage]:
        for (query, _), service, payer, part in asked:
            if of_seats(query.metric):
                which = SeatPart(part)
                yield seats(
                    tx, workspace_id, query, service, zone, payer=payer, part=which, up_to=last_seat
                )
            else:
                yield next(answers)

    return Counts(tuple(counted()), reading.last_seq)
