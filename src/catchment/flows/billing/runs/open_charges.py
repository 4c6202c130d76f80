"""What is due and on no invoice: found without reading what was billed long ago.

A day that has an invoice is closed for most schedules, so of years of invoices only their days are
read, and of their lines those since the first day that is still to be billed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import partial

from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import DaysUsed
from catchment.core.terms.schedules import Charge, Schedule
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.drafting.price_dues import Failures, attempt
from catchment.flows.billing.run_billing import unbilled
from catchment.store.chunks import chunks
from catchment.store.invoices import already_billed

_AT_ONCE = 500
"""Of so many schedules it is known at a time what is billed."""


def open_charges(
    tx: Connection,
    agreed: Agreements,
    as_of: date,
    failures: Failures,
    frozen: Mapping[str, date],
    used: DaysUsed,
) -> list[tuple[Schedule, Charge]]:
    """What the schedules agreed have due by ``as_of`` and on no invoice, by schedule.

    Of schedules whose time is ``frozen``, by that day at most; on demand of the days ``used``. Who
    cannot be charged is noted in ``failures``.
    """
    billing = (one for one in agreed.schedules.values() if one.bills)
    found: list[tuple[Schedule, Charge]] = []
    for part in chunks(billing, _AT_ONCE):
        shut = already_billed.closed_days(tx, agreed.workspace.id, [one.id for one in part])
        due: dict[str, tuple[Charge, ...]] = {}
        for one in part:
            day = min(as_of, frozen.get(one.id, as_of))
            closed = () if one.shares_days else shut.get(one.id, ())
            made = attempt(one, failures, partial(charges, one, day, agreed.zone, used, closed))
            if made:
                due[one.id] = made
        found += _unbilled(tx, agreed, due)
    return found


def _unbilled(
    tx: Connection, agreed: Agreements, due: Mapping[str, Collection[Charge]]
) -> Iterator[tuple[Schedule, Charge]]:
    """Those of the charges ``due``, by schedule, that are on no invoice."""
    since: dict[date, list[str]] = {}
    for id, own in due.items():
        since.setdefault(min(one.service.start for one in own), []).append(id)
    billed = {
        first: already_billed.of(tx, agreed.workspace.id, ids, since=first)
        for first, ids in since.items()
    }
    known = {id: billed[first] for first, ids in since.items() for id in ids}
    for id, own in due.items():
        schedule = agreed.schedules[id]
        yield from ((schedule, charge) for charge in unbilled(schedule, own, known[id]))
