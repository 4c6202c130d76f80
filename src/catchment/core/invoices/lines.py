"""One charge in money: a line that explains itself, and one that brings an earlier line up to date.

What it comes to is worked out in ``settling``; whose it is, in ``shares`` and ``settled_shares``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from catchment.core.due.pools import NO_POOL
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices import settled_shares, settling
from catchment.core.invoices.adjustments import ORIGINAL, Adjusting, Deducted, shares_less
from catchment.core.invoices.settling import Applied, Step, StepKind
from catchment.core.shares.allocation import METHODS, Methods
from catchment.core.shares.breakdown import Measured
from catchment.core.shares.line_shares import NO_SHARES, Shares
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.pricing import SeatBased, SeatPart, Segment, first_rate, is_percentage
from catchment.core.terms.schedules import Charge, ChargeId, ChargePart, Schedule
from catchment.core.terms.single_events import EventPart
from catchment.core.terms.taxes import NOT_TAXED, Taxation, tax_on
from catchment.core.usage.metering import NO_USAGE, SingleEvent, Usage
from catchment.core.values.money import EXACT, Money, to_decimals, total
from catchment.core.values.period import Period, day_text, days_text


class RateDisplay(StrEnum):
    """How a line's rate reads: as money, or as a fraction to be shown in percent."""

    ABSOLUTE = "ABSOLUTE"
    PERCENTAGE = "PERCENTAGE"


@dataclass(frozen=True, slots=True)
class Line:
    """One charge in money: ``net`` is the sum of its segments, rounded once, and of its ``steps``.

    ``quantity`` is what was used, or 1; of seats those charged, averaged over the full cycle.
    ``rate`` is the one rate where there is one, else what a unit came to on average. Lines without
    a metric count no events, and that of a price per event is called by the event. ``measured`` is
    what all of it was made from; ``shares`` are the members' of a roll-up, None where the whole
    line is the payer's. An adjustment is the charge as it is known by now less what is
    ``deducted``: of that difference are its quantity, events, net and shares, while the segments
    are the whole charge's.
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
    shares: Shares | None = None
    deducted: Deducted | None = None
    taxation: Taxation = NOT_TAXED
    steps: tuple[Step, ...] = ()

    @property
    def tax(self) -> Money:
        return tax_on(self.net, self.taxation.fraction)

    @property
    def sharing(self) -> Sequence[CustomerId]:
        """Who has a share in it."""
        return () if self.shares is None else self.shares.customers

    @property
    def settles(self) -> StepKind | None:
        """Whether it is itself a discount or what is missing to a minimum."""
        of = self.measured.charge.item.settles
        if of is None:
            return None
        return StepKind.MINIMUM if isinstance(of, Minimum) else StepKind.DISCOUNT

    @property
    def number(self) -> int:
        """What tells the lines of one charge apart."""
        return ORIGINAL if self.deducted is None else self.deducted.number

    @property
    def key(self) -> tuple[str, str, date, str]:
        """The key of the charge it bills."""
        return self.phase_id, self.price_id, self.service.start, self.part

    @property
    def billed_as(self) -> ChargeId:
        """What the charge it bills is known by."""
        return self.schedule_id, self.price_id, self.service.start, self.part

    @property
    def part(self) -> ChargePart:
        """Which seats it is for, or which event; of other prices it is for all there is."""
        return self.measured.charge.part

    @property
    def event(self) -> SingleEvent | None:
        """The event that it is for, as long as that counts."""
        return next(iter(self.measured.usage.events), None) if self.measured.charge.event else None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A line that brings an earlier one up to date, and what it adjusts."""

    adjusting: Adjusting
    line: Line

    @property
    def paths(self) -> Mapping[CustomerId, tuple[CustomerId, ...]]:
        """The way from the payer down to each who has a share in the line."""
        made = self.line.measured
        pools = (one.pool for one in (made, *made.beside))
        known = {m.customer: m.path for pool in pools for m in pool.members}
        for billed in reversed(self.adjusting.billed):
            known = {**billed.paths, **known}
        known.setdefault(self.adjusting.path[-1], self.adjusting.path)
        return {who: known[who] for who in self.line.sharing}


def line(
    measured: Measured,
    *,
    methods: Methods = (),
    owner: CustomerId | None = None,
    taxation: Taxation = NOT_TAXED,
) -> Line:
    """The line of a charge, shared among the members of a pool by ``methods``, with its tax.

    What nobody shares is all its ``owner``'s, if it has one; a line of nothing is nobody's.
    """
    charge, usage = measured.charge, measured.usage
    item = charge.item
    taken = settling.steps(measured)
    if item.settles is not None:
        return _settling_line(measured, taken, methods=methods, owner=owner, taxation=taxation)
    made = settling.applied(measured)
    net = total((made.net, *[step.amount for step in taken]), item.currency) if taken else made.net
    shares = None
    if item.metric is not None and methods:
        shares = settled_shares.priced_shares(measured, net, taxation, methods)
    elif owner is not None:
        charged = made.segments or net.minor
        shares = _whole(owner, made.quantity, net, taxation) if charged else NO_SHARES
    percentage = is_percentage(item.price)
    return Line(
        schedule_id=charge.schedule_id,
        phase_id=charge.phase_id,
        price_id=item.id,
        product_id=item.product_id,
        title=_title(charge, usage),
        quantity=made.quantity,
        rate=_shown_rate(charge, made, net),
        rate_display=RateDisplay.PERCENTAGE if percentage else RateDisplay.ABSOLUTE,
        net=net,
        segments=made.segments,
        service=charge.service,
        metric_id=None if item.metric is None else item.metric.id,
        unit=item.unit,
        event_count=None if item.metric is None else usage.event_count,
        measured=measured,
        shares=shares,
        taxation=taxation,
        steps=taken,
    )


def line_of(
    schedule: Schedule,
    measured: Measured,
    *,
    methods: Methods = METHODS,
    joined: bool = False,
    taxation: Taxation = NOT_TAXED,
) -> Line:
    """The line of a charge of ``schedule``. What a pool lacks to its minimum without having used
    anything is its customer's share, as is all that nobody shares on an invoice that it has
    ``joined``. Members' shares are worked out by ``methods`` alone.
    """
    pooled = methods if schedule.roll_up else ()
    whole = joined or (pooled and isinstance(measured.charge.item.settles, Minimum))
    owner = schedule.customer if whole else None
    return line(measured, methods=pooled, owner=owner, taxation=taxation)


def _settling_line(
    measured: Measured,
    taken: tuple[Step, ...],
    *,
    methods: Methods,
    owner: CustomerId | None,
    taxation: Taxation,
) -> Line:
    """What a discount takes off, or a minimum adds, as a line of its own; it may be nothing."""
    charge = measured.charge
    item = charge.item
    net = total([step.amount for step in taken], item.currency)
    quantity = Decimal(1 if net.minor else 0)
    reduced = settling.settled(measured)
    shares = None
    if methods and reduced is not None and reduced.charge.item.metric is not None:
        shares = settled_shares.shares(measured, taxation, methods)
        if net.minor and not shares:
            shares = None
    if shares is None and owner is not None:
        shares = _whole(owner, quantity, net, taxation) if net.minor else NO_SHARES
    return Line(
        schedule_id=charge.schedule_id,
        phase_id=charge.phase_id,
        price_id=item.id,
        product_id=item.product_id,
        title=_title(charge, NO_USAGE if reduced is None else reduced.usage),
        quantity=quantity,
        rate=net.decimal,
        rate_display=RateDisplay.ABSOLUTE,
        net=net,
        segments=(),
        service=charge.service,
        metric_id=None,
        unit=None,
        event_count=None,
        measured=measured,
        shares=shares,
        taxation=taxation,
        steps=taken,
    )


def adjustment(adjusting: Adjusting, measured: Measured) -> Adjustment | None:
    """The charge priced by all that is known, less its lines in force; None where that is nothing.

    Where only members' shares have changed it is a line of zero that says so. So it is where a
    single event counts no more, or again: those of a day are counted by their lines.
    """
    schedule, taken = adjusting.schedule, adjusting.deducted
    joined = len(adjusting.path) > 1
    if taken.owes_nothing:
        now = _nothing(schedule, measured, joined=joined)
    else:
        now = line_of(schedule, measured, joined=joined)
    quantity, net = EXACT.subtract(now.quantity, taken.quantity), now.net - taken.net
    shares = shares_less(now.shares, adjusting.billed)
    event_count = (now.event_count or 0) - taken.event_count
    recounted = event_count and EventPart.names_one(adjusting.charge.part)
    if not (quantity or net.minor or shares or recounted):
        return None
    made = replace(
        now,
        title=f"{now.title} – {_adjusted(adjusting)}",
        quantity=quantity,
        rate=to_decimals(EXACT.divide(net.decimal, quantity)) if quantity else now.rate,
        net=net,
        event_count=event_count,
        shares=shares,
        deducted=taken,
    )
    return Adjustment(adjusting, made)


def _nothing(schedule: Schedule, measured: Measured, *, joined: bool) -> Line:
    """The line of a charge of which nothing is owed, as if nothing had been used."""
    measured = replace(measured, usage=NO_USAGE, pool=NO_POOL, beside=())
    made = line_of(schedule, measured, joined=joined)
    if made.measured.charge.item.metric is not None or not made.segments:
        return made
    shares = None if made.shares is None else NO_SHARES
    return replace(
        made, quantity=Decimal(0), net=made.net - made.net, segments=(), steps=(), shares=shares
    )


def _adjusted(adjusting: Adjusting) -> str:
    """What an adjustment is for: days that are no longer charged, or charged after all."""
    if adjusting.moved is not None:
        what = "given back" if adjusting.moved.given_back else "charged"
        return f"{what} for {days_text(adjusting.moved.days)}"
    return f"adjustment for {days_text(adjusting.charge.service)}"


def taxed(line: Line, taxation: Taxation) -> Line:
    """The line with its tax, and its members' shares of that."""
    shares = line.shares
    if shares is not None:
        shares = _taxed(shares, line.net, taxation)
    return replace(line, taxation=taxation, shares=shares)


def _taxed(shares: Shares, net: Money, taxation: Taxation) -> Shares:
    """The shares of ``net`` with those of its tax."""
    return shares.taxed(taxation.fraction, tax_on(net, taxation.fraction))


def _whole(owner: CustomerId, quantity: Decimal, net: Money, taxation: Taxation) -> Shares:
    """The one share of a line that is all its owner's, with that of its tax."""
    return _taxed(Shares.whole(owner, quantity, net), net, taxation)


def _title(charge: Charge, usage: Usage) -> str:
    """What is priced, and where that is not all there is, what of it."""
    name = charge.item.name
    if charge.part is SeatPart.OVERAGES:
        return f"{name} – overages"
    if charge.event is None:
        return name
    when = (f", {day_text(one.at.date())} {one.at:%H:%M}" for one in usage.events)
    return f"{name} – {charge.event}{next(when, '')}"


def _shown_rate(charge: Charge, made: Applied, net: Money) -> Decimal:
    if not made.quantity:
        return first_rate(charge.item.price)
    if len(made.segments) == 1 and net == made.net:
        only = made.segments[0]
        of_seats = isinstance(charge.item.price, SeatBased)  # whose quantity may be rounded
        if only.amount == EXACT.multiply(made.quantity, only.rate) or (of_seats and not only.fee):
            return only.rate
    return to_decimals(EXACT.divide(net.decimal, made.quantity))
