"""Charges with their usage in, a draft invoice out: lines in groups, and their sum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.lines import (
    Adjustment,
    Line,
    RateDisplay,
    adjustment,
    line,
    line_of,
    taxed,
)
from catchment.core.shares import breakdown
from catchment.core.shares.allocation import METHODS, Methods
from catchment.core.shares.breakdown import Measured, UsageGroup, UsageGroups, UsageItem, named
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.schedules import Charge, Schedule, Timing
from catchment.core.terms.taxes import NOT_TAXED, Taxation, TaxStatus
from catchment.core.values.money import Money, total
from catchment.core.values.period import Period

__all__ = [
    "Adjustment",
    "Draft",
    "Group",
    "Joined",
    "Line",
    "Measured",
    "RateDisplay",
    "UsageGroup",
    "UsageItem",
    "adjustment",
    "draft",
    "joined",
    "line",
    "named",
]


Taxing = Callable[[Schedule, Charge], Taxation]
"""How a charge of a schedule is taxed on the invoice that is drafted."""


def untaxed(_schedule: Schedule, _charge: Charge) -> Taxation:
    """Nothing is."""
    return NOT_TAXED


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one product; of a child's lines, of one child and product."""

    title: str
    product_id: str
    lines: tuple[Line, ...]

    @property
    def net(self) -> Money:
        return total((line.net for line in self.lines), self.lines[0].net.currency)

    @property
    def tax(self) -> Money:
        return total((line.tax for line in self.lines), self.lines[0].net.currency)


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
    empty without either. ``tax_status`` is the customer's.
    """

    schedule_id: str
    customer: CustomerId
    currency: str
    due_on: date
    billing_period: Period
    accounting_date: date
    groups: tuple[Group, ...]
    usage_groups: UsageGroups
    notes: tuple[str, ...]
    tax_status: TaxStatus = TaxStatus.TAXED

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple([line for group in self.groups for line in group.lines])

    @property
    def net(self) -> Money:
        return total((line.net for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        return total((line.tax for line in self.lines), self.currency)

    @property
    def undecided(self) -> int:
        """For how many lines a tax rate was looked for in vain; for adjustments none is."""
        return sum(line.taxation.undecided for line in self.lines if line.deducted is None)


def joined(
    schedule: Schedule,
    path: tuple[CustomerId, ...],
    measured: Sequence[Measured],
    methods: Methods = METHODS,
) -> Joined:
    """Price the charges of a schedule that bills its parent, shared by ``methods``.

    What its family does not share is all its customer's; a line of nothing is nobody's.
    """
    lines = (line_of(schedule, one, methods=methods, joined=True) for one in measured)
    return Joined(schedule, path, tuple(lines))


def draft(
    schedule: Schedule,
    measured: Sequence[Measured],
    names: Mapping[CustomerId, str],
    guests: Sequence[Joined] = (),
    adjustments: Sequence[Adjustment] = (),
    tax_status: TaxStatus = TaxStatus.TAXED,
    *,
    on: date | None = None,
    taxing: Taxing = untaxed,
    methods: Methods = METHODS,
) -> Draft:
    """The invoice for all charges of ``schedule`` due on one day, given in their order.

    Lines of ``guests`` follow, in the order of the tree, siblings by name; without any of its own
    it is theirs alone. At the end come ``adjustments``; an invoice of nothing else is due ``on``
    the day given. ``tax_status`` is the customer's. ``names`` has at least the customers of all
    paths and of ``named`` for the guests, and for ``measured`` with the customer if the schedule
    rolls up. ``taxing`` says how each charge is taxed; adjustments are as what they adjust was.
    Lines of ``measured`` say the members' shares by ``methods`` alone: those take most of the time.
    """
    adjustments = [
        replace(one, line=taxed(one.line, one.adjusting.taxation)) for one in adjustments
    ]
    adjustments = sorted(adjustments, key=lambda one: _late_place(one, names))
    if not measured and not guests:
        assert on is not None, schedule
        return _late(schedule, adjustments, names, on, tax_status)
    guests = sorted(
        (_finished(one, taxing, names) for one in guests), key=lambda one: _place(one, names)
    )
    everything = [*measured, *(m for one in guests for m in one.measured)]
    due_on, currency = _only({(m.charge.due_on, m.charge.item.currency) for m in everything})
    arrears = [m.charge for m in everything if m.charge.timing is Timing.IN_ARREARS]
    billing_period = _envelope(arrears or [m.charge for m in everything])
    own = [
        _naming(schedule, line_of(schedule, one, methods=methods, taxation=taxation), names)
        for one in measured
        for taxation in [taxing(schedule, one.charge)]
    ]
    lonely = [
        (schedule.customer,)
        for one in own
        if isinstance(one.measured.charge.item.settles, Minimum)
        and schedule.customer in one.sharing
    ]
    pooled = [measured] if schedule.roll_up else []
    return Draft(
        schedule_id=schedule.id,
        customer=guests[0].path[0] if guests else schedule.customer,
        currency=currency,
        due_on=due_on,
        billing_period=billing_period,
        accounting_date=billing_period.last_day if arrears else due_on,
        groups=(*_groups(own), *_guest_groups(guests, names), *_late_groups(adjustments, names)),
        usage_groups=breakdown.usage_groups(
            [*pooled, *(one.measured for one in guests)],
            names,
            [*lonely, *(one.path for one in guests), *_sharing(adjustments)],
        ),
        notes=(
            *(note for own in pooled for note in breakdown.notes(own)),
            *(
                f"{names[one.path[-1]]} · {note}"
                for one in guests
                for note in breakdown.notes(one.measured)
            ),
        ),
        tax_status=tax_status,
    )


def _finished(guest: Joined, taxing: Taxing, names: Mapping[CustomerId, str]) -> Joined:
    """With the tax on its lines, and the names of whose events they are."""
    schedule = guest.schedule
    lines = (taxed(one, taxing(schedule, one.measured.charge)) for one in guest.lines)
    return replace(guest, lines=tuple(_naming(schedule, one, names) for one in lines))


def _naming(schedule: Schedule, line: Line, names: Mapping[CustomerId, str]) -> Line:
    """The line of an event of a roll-up says whose that is."""
    event = line.event
    if event is None or not schedule.roll_up:
        return line
    return replace(line, title=f"{line.title}, {names[event.customer]}")


def _place(guest: Joined, names: Mapping[CustomerId, str]) -> tuple[object, ...]:
    return breakdown.tree_order(guest.path, names), guest.schedule.start, guest.schedule.id


def _groups(lines: Iterable[Line], owner: str = "", what: str = "") -> tuple[Group, ...]:
    """One group for each product, in the order in which the products first appear."""
    found: dict[str, list[Line]] = {}
    titles: dict[str, str] = {}
    for one in lines:
        titles.setdefault(one.product_id, one.measured.charge.item.product_title)
        found.setdefault(one.product_id, []).append(one)
    return tuple(Group(owner + titles[id] + what, id, tuple(own)) for id, own in found.items())


def _guest_groups(guests: Iterable[Joined], names: Mapping[CustomerId, str]) -> Iterator[Group]:
    """One group for each child and product; the schedules of one child stand together."""
    for child, own in groupby(guests, key=lambda one: one.path[-1]):
        lines = (line for one in own for line in one.lines)
        yield from _groups(lines, f"{names[child]} · ")


def _late(
    schedule: Schedule,
    adjustments: Sequence[Adjustment],
    names: Mapping[CustomerId, str],
    on: date,
    tax_status: TaxStatus,
) -> Draft:
    """An invoice of adjustments alone."""
    return Draft(
        schedule_id=schedule.id,
        customer=adjustments[0].adjusting.payer,
        currency=adjustments[0].line.net.currency,
        due_on=on,
        billing_period=_envelope([one.adjusting.charge for one in adjustments]),
        accounting_date=on,
        groups=tuple(_late_groups(adjustments, names)),
        usage_groups=breakdown.usage_groups((), names, _sharing(adjustments)),
        notes=(),
        tax_status=tax_status,
    )


def _late_groups(
    adjustments: Iterable[Adjustment], names: Mapping[CustomerId, str]
) -> Iterator[Group]:
    """One group for each product, and for each child and product; they say what they are."""
    whose = groupby(adjustments, key=lambda one: one.adjusting.path)
    for path, own in whose:
        owner = f"{names[path[-1]]} · " if len(path) > 1 else ""
        yield from _groups((one.line for one in own), owner, " – adjustments")


def _late_place(one: Adjustment, names: Mapping[CustomerId, str]) -> tuple[object, ...]:
    """The payer's own first, then as those of guests; the older service first."""
    path, schedule, line = one.adjusting.path, one.adjusting.schedule, one.line
    place = breakdown.tree_order(path, names), schedule.start, schedule.id
    return len(path) > 1, *place, line.service, line.product_id, line.price_id


def _sharing(adjustments: Iterable[Adjustment]) -> list[tuple[CustomerId, ...]]:
    """The ways down to everyone who has a share in an adjustment."""
    return [path for one in adjustments for path in one.paths.values()]


def _envelope(charges: Sequence[Charge]) -> Period:
    return Period(
        min(charge.service.start for charge in charges),
        max(charge.service.end for charge in charges),
    )


def _only(found: set[tuple[date, str]]) -> tuple[date, str]:
    assert len(found) == 1, found
    return found.pop()
