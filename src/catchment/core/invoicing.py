"""Charges with their usage in, a draft invoice out: lines that explain themselves, and their sum.

The one rounding of a line is made here, from the exact amounts of its segments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from itertools import groupby

from catchment.core import allocation, breakdown
from catchment.core.allocation import Share
from catchment.core.breakdown import Measured, UsageGroup, UsageItem, named
from catchment.core.hierarchy import CustomerId
from catchment.core.money import EXACT, MAX_DECIMALS, Money, exact_sum, to_decimals, total
from catchment.core.period import Period
from catchment.core.pricing import Segment, first_rate, is_percentage, rate
from catchment.core.schedules import Charge, ChargeId, Schedule, Timing

__all__ = [
    "Draft",
    "Group",
    "Joined",
    "Line",
    "Measured",
    "RateDisplay",
    "UsageGroup",
    "UsageItem",
    "draft",
    "joined",
    "line",
    "named",
]


class RateDisplay(StrEnum):
    """How a line's rate reads: as money, or as a fraction to be shown in percent."""

    ABSOLUTE = "ABSOLUTE"
    PERCENTAGE = "PERCENTAGE"


@dataclass(frozen=True, slots=True)
class Line:
    """One charge in money: ``net`` is the sum of its segments, rounded once.

    ``quantity`` is what was used, or 1. ``rate`` is the one rate where there is one, else what a
    unit came to on average. Lines without a metric count no events. ``measured`` is what all of it
    was made from; ``shares`` are the members' of a roll-up, None where the whole line is the
    payer's.
    """

    schedule_id: str
    phase_id: str
    price_id: str
    product_id: str
    title: str
    quantity: Decimal
    rate: Decimal
    rate_display: RateDisplay
    net: Money
    segments: tuple[Segment, ...]
    service: Period
    metric_id: str | None
    unit: str | None
    event_count: int | None
    measured: Measured = field(repr=False, compare=False)
    shares: tuple[Share, ...] | None = None

    @property
    def key(self) -> tuple[str, str, date]:
        """The key of the charge it bills."""
        return self.phase_id, self.price_id, self.service.start

    @property
    def billed_as(self) -> ChargeId:
        """What the charge it bills is known by."""
        return self.schedule_id, self.price_id, self.service.start


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one product; of a child's lines, of one child and product."""

    title: str
    product_id: str
    lines: tuple[Line, ...]

    @property
    def net(self) -> Money:
        return total((line.net for line in self.lines), self.lines[0].net.currency)


@dataclass(frozen=True, slots=True)
class Joined:
    """The lines of a child's schedule on the invoice of who pays for it.

    ``path`` leads from there down to the child.
    """

    schedule: Schedule
    path: tuple[CustomerId, ...]
    lines: tuple[Line, ...]

    @property
    def measured(self) -> tuple[Measured, ...]:
        return tuple(line.measured for line in self.lines)


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice to be: everything that one schedule charges on one day, and who joined it.

    ``usage_groups`` show the members of a roll-up with their usage, and every child whose lines
    are joined; ``notes`` say where members' figures do not add up to what is billed. Both are
    empty without either.
    """

    schedule_id: str
    customer: CustomerId
    currency: str
    due_on: date
    billing_period: Period
    accounting_date: date
    groups: tuple[Group, ...]
    usage_groups: tuple[UsageGroup, ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def net(self) -> Money:
        return total((line.net for line in self.lines), self.currency)


def joined(
    schedule: Schedule, path: tuple[CustomerId, ...], measured: Sequence[Measured]
) -> Joined:
    """Price the charges of a schedule that bills its parent.

    What its family does not share is all its customer's; a line of nothing is nobody's.
    """
    lines = (line(one, shared=schedule.roll_up) for one in measured)
    return Joined(schedule, path, tuple(_owned(one, schedule.customer) for one in lines))


def draft(
    schedule: Schedule,
    measured: Sequence[Measured],
    names: Mapping[CustomerId, str],
    guests: Sequence[Joined] = (),
) -> Draft:
    """The invoice for all charges of ``schedule`` due on one day, given in their order.

    Lines of ``guests`` follow, in the order of the tree, siblings by name; without any of its own
    it is theirs alone. ``names`` has at least the customers of their paths and of ``named`` for
    them, and for ``measured`` if the schedule rolls up.
    """
    guests = sorted(guests, key=lambda one: _place(one, names))
    everything = [*measured, *(m for one in guests for m in one.measured)]
    due_on, currency = _only({(m.charge.due_on, m.charge.item.currency) for m in everything})
    arrears = [m.charge for m in everything if m.charge.item.timing is Timing.IN_ARREARS]
    billing_period = _envelope(arrears or [m.charge for m in everything])
    own = [line(one, shared=schedule.roll_up) for one in measured]
    pooled = [measured] if schedule.roll_up else []
    return Draft(
        schedule_id=schedule.id,
        customer=guests[0].path[0] if guests else schedule.customer,
        currency=currency,
        due_on=due_on,
        billing_period=billing_period,
        accounting_date=billing_period.last_day if arrears else due_on,
        groups=(*_groups(own), *_guest_groups(guests, names)),
        usage_groups=breakdown.usage_groups(
            [*pooled, *(one.measured for one in guests)], names, [one.path for one in guests]
        ),
        notes=(
            *(note for own in pooled for note in breakdown.notes(own)),
            *(
                f"{names[one.path[-1]]} · {note}"
                for one in guests
                for note in breakdown.notes(one.measured)
            ),
        ),
    )


def line(measured: Measured, *, shared: bool = False) -> Line:
    """Price one charge and round it, here and only here; ``shared`` among the members of a pool."""
    charge, usage = measured.charge, measured.usage
    item = charge.item
    if item.metric is None:
        quantity, segments = Decimal(1), _prorated(charge)
    else:
        quantity, segments = usage.pooled, rate(item.price, usage.pooled, usage.values)
    net = Money.rounded(exact_sum(segment.amount for segment in segments), item.currency)
    percentage = is_percentage(item.price)
    return Line(
        schedule_id=charge.schedule_id,
        phase_id=charge.phase_id,
        price_id=item.id,
        product_id=item.product_id,
        title=item.name,
        quantity=quantity,
        rate=_shown_rate(charge, quantity, segments, net),
        rate_display=RateDisplay.PERCENTAGE if percentage else RateDisplay.ABSOLUTE,
        net=net,
        segments=segments,
        service=charge.service,
        metric_id=None if item.metric is None else item.metric.id,
        unit=item.unit,
        event_count=None if item.metric is None else usage.event_count,
        measured=measured,
        shares=(
            None
            if item.metric is None or not shared
            else allocation.shares(net, item.price, segments, usage)
        ),
    )


def _prorated(charge: Charge) -> tuple[Segment, ...]:
    """The price by the days of the service within its full cycle.

    The rate is cut after 12 decimals, not rounded: so no amount below half a minor unit can grow
    to a half and be rounded up after all.
    """
    (whole,) = rate(charge.item.price, Decimal(1))
    if charge.service == charge.full:
        return (whole,)
    part = EXACT.divide(
        EXACT.multiply(whole.rate, Decimal(charge.service.days)), Decimal(charge.full.days)
    )
    cut = part.quantize(Decimal(1).scaleb(-MAX_DECIMALS), ROUND_DOWN, EXACT)
    return (Segment(whole.quantity, cut, whole.fee, cut),)


def _shown_rate(
    charge: Charge, quantity: Decimal, segments: tuple[Segment, ...], net: Money
) -> Decimal:
    if not quantity:
        return first_rate(charge.item.price)
    if len(segments) == 1:
        only = segments[0]
        if only.amount == EXACT.multiply(quantity, only.rate):
            return only.rate
    return to_decimals(EXACT.divide(net.decimal, quantity))


def _owned(line: Line, customer: CustomerId) -> Line:
    if line.shares is not None:
        return line
    whole = allocation.whole(customer, line.quantity, line.net) if line.segments else ()
    return replace(line, shares=whole)


def _place(guest: Joined, names: Mapping[CustomerId, str]) -> tuple[object, ...]:
    return breakdown.tree_order(guest.path, names), guest.schedule.start, guest.schedule.id


def _groups(lines: Iterable[Line], owner: str = "") -> tuple[Group, ...]:
    """One group for each product, in the order in which the products first appear."""
    found: dict[str, list[Line]] = {}
    titles: dict[str, str] = {}
    for one in lines:
        titles.setdefault(one.product_id, one.measured.charge.item.product_title)
        found.setdefault(one.product_id, []).append(one)
    return tuple(Group(owner + titles[id], id, tuple(own)) for id, own in found.items())


def _guest_groups(guests: Iterable[Joined], names: Mapping[CustomerId, str]) -> Iterator[Group]:
    """One group for each child and product; the schedules of one child stand together."""
    for child, own in groupby(guests, key=lambda one: one.path[-1]):
        lines = (line for one in own for line in one.lines)
        yield from _groups(lines, f"{names[child]} · ")


def _envelope(charges: Sequence[Charge]) -> Period:
    return Period(
        min(charge.service.start for charge in charges),
        max(charge.service.end for charge in charges),
    )


def _only(found: set[tuple[date, str]]) -> tuple[date, str]:
    assert len(found) == 1, found
    return found.pop()
