"""Whose invoice a charge is a line of: its own customer's, or that of who pays for it above.

Nothing is measured together here: what bills its parent keeps its own prices, and only its lines
move. A charge that finds the invoice above closed is never dropped: it becomes an invoice of its
own, addressed to the same payer.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import count
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId, Forest
from catchment.core.invoices.adjustments import Adjusting
from catchment.core.terms.schedules import BillTo, Charge, Schedule
from catchment.core.values.period import Period, first_instant


class Key(NamedTuple):
    """What tells invoices apart: the schedule whose invoice it is, and the day it falls due.

    A schedule that bills its parent, or on demand, may have several of one day, counted from 0 by
    ``ordinal``.
    """

    schedule_id: str
    due_on: date
    ordinal: int = 0


Hosts = Mapping[CustomerId, Sequence[Schedule]]
"""The started schedules of customers."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays for a charge: the first of ``path``, which leads down to the charge's customer.

    ``host`` is the schedule whose invoice the charge joins; the charge's own where nobody above
    pays.
    """

    host: Schedule
    path: tuple[CustomerId, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The charges of one schedule on an invoice, in the order of an invoice.

    ``path`` leads from who is invoiced to the schedule's customer; the invoiced customer's own
    path is just itself.
    """

    schedule: Schedule
    path: tuple[CustomerId, ...]
    charges: tuple[Charge, ...]

    @property
    def joined(self) -> bool:
        """Whether it is somebody else's who pays for it."""
        return len(self.path) > 1


@dataclass(frozen=True, slots=True)
class Due:
    """What one invoice bills: all that falls due on one day of ``schedule`` and of who joins it.

    ``schedule``'s own part comes first; ``ordinal`` is that of its ``Key``. ``adjusting`` are
    charges of earlier invoices; an invoice for nothing else says which ``day`` it is of.
    """

    schedule: Schedule
    parts: tuple[Part, ...]
    ordinal: int = 0
    adjusting: tuple[Adjusting, ...] = ()
    day: date | None = None

    @property
    def on(self) -> date:
        if self.day is not None:
            return self.day
        return self.parts[0].charges[0].due_on

    @property
    def payer(self) -> CustomerId:
        """Who is invoiced: whoever pays for what joins it, else the schedule's customer."""
        joined = [part.path for part in self.parts if part.joined]
        paths = joined or [one.path for one in self.adjusting if not self.parts]
        return paths[0][0] if paths else self.schedule.customer

    @property
    def key(self) -> Key:
        return Key(self.schedule.id, self.on, self.ordinal)

    @property
    def charges(self) -> tuple[Charge, ...]:
        return tuple(charge for part in self.parts for charge in part.charges)


def payer(
    schedule: Schedule,
    due_on: date,
    service: Period,
    *,
    forest: Forest,
    hosts: Hosts,
    zone: tzinfo,
) -> Payer:
    """Who pays for what ``schedule`` charges on ``due_on`` for ``service``.

    With ``billTo`` PARENT that is the nearest customer above, by the tree at the start of that day,
    that has a schedule of its own then; of several the one that started first (tie: smaller id) is
    the host. Where there is none, the customer pays itself.
    """
    itself = Payer(schedule, (schedule.customer,))
    if schedule.bill_to is BillTo.SELF:
        return itself
    way = [schedule.customer]
    at = first_instant(due_on, zone)
    for above in reversed(forest.ancestors(schedule.customer, at)):
        way.append(above)
        paying = [one for one in hosts.get(above, ()) if _pays(one, due_on, service)]
        if paying:
            first = min(paying, key=lambda one: (one.start, one.id))
            return Payer(first, tuple(reversed(way)))
    return itself


def arrange(
    charges: Iterable[tuple[Schedule, Charge]],
    payer_of: Callable[[Schedule, Charge], Payer],
    closed: Container[Key],
) -> list[Due]:
    """What each invoice bills, by due day; ``closed`` are invoices that cannot take a line more.

    A charge whose payer's invoice is closed, or in another currency, is put on an invoice of its
    own schedule that the payer gets: the first of that day that is neither closed nor another
    payer's; so is what is charged on demand and found the invoice of its day closed, or was agreed
    after that. Left out is only what else bills its own customer and finds the invoice closed.
    """
    hosts: dict[Key, Schedule] = {}
    payers: dict[Key, CustomerId] = {}
    found: dict[Key, dict[str, tuple[Schedule, tuple[CustomerId, ...], list[Charge]]]] = {}
    for schedule, charge in charges:
        to = payer_of(schedule, charge)
        key = Key(to.host.id, charge.due_on)
        joins = schedule.bill_to is BillTo.SELF or _joins(schedule, charge, to.host, closed)
        if not joins or (charge.comes_after and key in closed):
            key = _apart(charge, to.path[0], closed, payers)
        elif key in closed:
            continue
        hosts[key] = to.host if key.schedule_id == to.host.id else schedule
        parts = found.setdefault(key, {})
        parts.setdefault(schedule.id, (schedule, to.path, []))[2].append(charge)
    dues = (
        Due(hosts[key], tuple(_parts(hosts[key], parts.values())), ordinal=key.ordinal)
        for key, parts in found.items()
    )
    return sorted(dues, key=lambda due: (due.on, due.schedule.id, due.ordinal))


def _joins(schedule: Schedule, charge: Charge, host: Schedule, closed: Container[Key]) -> bool:
    """Whether a charge is a line of the invoice of another schedule, ``host``."""
    return (
        host.id != schedule.id
        and host.currency == charge.item.currency
        and Key(host.id, charge.due_on) not in closed
    )


def _apart(
    charge: Charge, payer: CustomerId, closed: Container[Key], payers: dict[Key, CustomerId]
) -> Key:
    """The first invoice of a charge's own schedule that ``payer`` can get, noted in ``payers``."""
    every = (Key(charge.schedule_id, charge.due_on, ordinal) for ordinal in count())
    return next(
        key for key in every if key not in closed and payers.setdefault(key, payer) == payer
    )


def _parts(
    host: Schedule, parts: Iterable[tuple[Schedule, tuple[CustomerId, ...], list[Charge]]]
) -> list[Part]:
    made = (Part(schedule, path, tuple(charges)) for schedule, path, charges in parts)
    return sorted(made, key=lambda part: (part.schedule.id != host.id, part.schedule.id))


def _pays(host: Schedule, due_on: date, service: Period) -> bool:
    """Whether ``host`` takes charges of that day: it runs then, or ended no sooner than they."""
    return (
        host.bill_to is BillTo.SELF
        and host.archived_at is None
        and host.start <= due_on
        and (due_on < host.days.end or service.end <= host.days.end)
    )
