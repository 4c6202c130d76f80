"""Charges with their usage in, a draft invoice out: lines that explain themselves, and their sum.

The one rounding of a line is made here, from the exact amounts of its segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from catchment.core import allocation, breakdown
from catchment.core.allocation import Share
from catchment.core.breakdown import Measured, UsageGroup, UsageItem, named
from catchment.core.hierarchy import CustomerId
from catchment.core.money import EXACT, MAX_DECIMALS, Money, exact_sum, to_decimals, total
from catchment.core.period import Period
from catchment.core.pricing import Segment, first_rate, is_percentage, rate
from catchment.core.schedules import Charge, Schedule, Timing

__all__ = [
    "Draft",
    "Group",
    "Line",
    "Measured",
    "RateDisplay",
    "UsageGroup",
    "UsageItem",
    "draft",
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


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one product."""

    title: str
    product_id: str
    lines: tuple[Line, ...]

    @property
    def net(self) -> Money:
        return total((line.net for line in self.lines), self.lines[0].net.currency)


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice to be: everything that one schedule charges on one day.

    ``usage_groups`` show the members of a roll-up with their usage; ``notes`` say where their
    figures do not add up to what is billed. Both are empty without roll-up.
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


def draft(
    schedule: Schedule, measured: Sequence[Measured], names: Mapping[CustomerId, str]
) -> Draft:
    """The invoice for all charges of ``schedule`` due on one day, given in their order.

    ``names`` has at least the customers of ``named(measured)``, if the schedule rolls up.
    """
    due_on, currency = _only({(m.charge.due_on, m.charge.item.currency) for m in measured})
    arrears = [m.charge for m in measured if m.charge.item.timing is Timing.IN_ARREARS]
    billing_period = _envelope(arrears or [m.charge for m in measured])
    return Draft(
        schedule_id=schedule.id,
        customer=schedule.customer,
        currency=currency,
        due_on=due_on,
        billing_period=billing_period,
        accounting_date=billing_period.last_day if arrears else due_on,
        groups=_groups(measured, shared=schedule.roll_up),
        usage_groups=breakdown.usage_groups(measured, names) if schedule.roll_up else (),
        notes=breakdown.notes(measured) if schedule.roll_up else (),
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


def _groups(measured: Sequence[Measured], *, shared: bool) -> tuple[Group, ...]:
    """One group for each product, in the order in which the products first appear."""
    lines: dict[str, list[Line]] = {}
    titles: dict[str, str] = {}
    for one in measured:
        item = one.charge.item
        titles.setdefault(item.product_id, item.product_title)
        lines.setdefault(item.product_id, []).append(line(one, shared=shared))
    return tuple(Group(titles[product], product, tuple(own)) for product, own in lines.items())


def _envelope(charges: Sequence[Charge]) -> Period:
    return Period(
        min(charge.service.start for charge in charges),
        max(charge.service.end for charge in charges),
    )


def _only(found: set[tuple[date, str]]) -> tuple[date, str]:
    assert len(found) == 1, found
    return found.pop()
