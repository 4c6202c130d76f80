"""What became known too late: a charge billed for good, and the line that brings it up to date.

The lines in force of one charge always add up to what it costs by all that is known. So an
adjustment is not worked out from what came late: it is the charge priced whole, with the price, the
service and the pool that it has, less what its lines in force have billed. Nothing has to be known
of events that moved, were corrected or got a name only later, nor of what was agreed in between
where a schedule was changed within what is paid.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.allocation import METHODS, Parts
from catchment.core.shares.line_shares import Share, Shares
from catchment.core.terms.schedules import Charge, ChargeId, Schedule
from catchment.core.terms.taxes import NOT_TAXED, Taxation
from catchment.core.values.money import EXACT, Money, exact_sum, total
from catchment.core.values.period import Period

ORIGINAL = 0
"""The number of the line that billed a charge first; its adjustments count from 1."""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line of a charge on an invoice that was issued and is in force.

    ``shares`` are None where the whole line is the payer's; ``paths`` lead from the payer to
    whoever has one. ``service`` are the days that the line was for.
    """

    id: str
    number: int
    quantity: Decimal
    net: Money
    event_count: int
    shares: tuple[Share, ...] | None = None
    paths: Mapping[CustomerId, tuple[CustomerId, ...]] = field(default_factory=dict)
    taxation: Taxation = NOT_TAXED
    service: Period | None = None


@dataclass(frozen=True, slots=True)
class Deducted:
    """What an adjustment takes off: the lines ``line_ids``, and what they come to.

    ``number`` tells the adjustments of a charge apart. One that ``reverses`` takes back earlier
    adjustments of a charge whose own line was voided: that is billed whole again, by itself. Where
    the charge is ``dropped``, its schedule charges it no more, and nothing of it is owed.
    """

    number: int
    line_ids: tuple[str, ...]
    quantity: Decimal
    net: Money
    event_count: int
    reverses: bool = False
    dropped: bool = False

    @property
    def owes_nothing(self) -> bool:
        """Whether the line is only what is deducted."""
        return self.reverses or self.dropped


class Moved(NamedTuple):
    """The last ``days`` of a charge: ``given_back``, or charged after all."""

    days: Period
    given_back: bool


def moved(was: Period, now: Period | None) -> Moved | None:
    """Which days a charge is not for any more, or has come to be for; None where it is the same.

    ``now`` is None where it is not charged any more. Its first day always stays.
    """
    if now is None:
        return Moved(was, given_back=True)
    if now.end < was.end:
        return Moved(Period(now.end, was.end), given_back=True)
    return Moved(Period(was.end, now.end), given_back=False) if was.end < now.end else None


@dataclass(frozen=True, slots=True)
class Adjusting:
    """A charge that may have to be adjusted, with its lines in force, by number.

    The adjustment stands where they stand: on an invoice of the schedule ``host_id``, for the
    first of ``path``, which leads down to the customer of ``schedule``. That is due on the day
    ``since`` or later: one that is agreed ahead is not adjusted before it applies. With
    ``agreed_anew`` the schedule was changed, which counts whatever it says of late usage.
    """

    schedule: Schedule
    charge: Charge
    path: tuple[CustomerId, ...]
    host_id: str
    number: int
    billed: tuple[BilledLine, ...]
    reverses: bool = False
    dropped: bool = False
    agreed_anew: bool = False
    since: date = date.min

    @property
    def payer(self) -> CustomerId:
        return self.path[0]

    @property
    def taxation(self) -> Taxation:
        """How the charge was taxed when it was billed first, and so is what adjusts it."""
        return self.billed[0].taxation if self.billed else NOT_TAXED

    @property
    def moved(self) -> Moved | None:
        """Which days are no longer charged, or charged after all, since the lines in force."""
        was = self.billed[-1].service if self.billed else None
        now = None if self.dropped else self.charge.service
        return moved(was or self.charge.service, now)

    @property
    def applies_on(self) -> date:
        """The first day on which it costs something else: an invoice before that is too early."""
        return self.moved.days.start if self.moved else self.charge.service.start

    @property
    def deducted(self) -> Deducted:
        currency = self.charge.item.currency
        return Deducted(
            self.number,
            tuple(line.id for line in self.billed),
            exact_sum(line.quantity for line in self.billed),
            total((line.net for line in self.billed), currency),
            sum(line.event_count for line in self.billed),
            self.reverses,
            self.dropped,
        )


def agreed_anew(found: Iterable[Adjusting], changed: Container[ChargeId]) -> Iterator[Adjusting]:
    """The adjustments, those told apart whose charge, or one beside it, was ``changed``. These
    apply when the change does.
    """
    known = {one.charge.billed_as: one for one in found}
    for one in known.values():
        beside = (other.billed_as for other in one.charge.beside)
        of = {id for id in (one.charge.billed_as, *beside) if id in changed and id in known}
        since = max((known[id].applies_on for id in of), default=one.since)
        yield replace(one, agreed_anew=True, since=since) if of else one


class Standing(NamedTuple):
    """A line in force of some charge: its number, and for an adjustment what it deducted."""

    id: str
    number: int
    line_ids: tuple[str, ...] = ()
    reverses: bool = False


def up_to_date(lines: Sequence[Standing]) -> bool:
    """Whether the last of a charge's lines in force, by number, knew all the others.

    Then they add up to what it found, and only what came later can change that.
    """
    *before, last = lines
    known = {line.id for line in before}
    if last.number == ORIGINAL:
        return not known
    if last.reverses:
        known = {line.id for line in before if line.number != ORIGINAL}
    return set(last.line_ids) == known


def shares_less(shares: Shares | None, billed: Iterable[BilledLine]) -> Shares | None:
    """What each member has in ``shares`` beyond what it has in the lines ``billed``, by customer.

    By each method they add up to the difference of the lines. Whose share and quantity stay as
    they were is left out. None where the whole line is the payer's.
    """
    if shares is None:
        return None
    found: dict[CustomerId, Share] = {one.customer: one for one in shares}
    for line in billed:
        for one in line.shares or ():
            known = found.get(one.customer, Share(one.customer, Decimal(0), (None,) * len(METHODS)))
            found[one.customer] = Share(
                one.customer, EXACT.subtract(known.quantity, one.quantity), _less(known, one)
            )
    return Shares.of(
        [one for _, one in sorted(found.items()) if one.quantity or any(part for part in one.parts)]
    )


def _less(one: Share, other: Share) -> Parts:
    return tuple(
        None if part is None and taken is None else (part or 0) - (taken or 0)
        for part, taken in zip(one.parts, other.parts, strict=True)
    )
