"""What a move would do to bills, before anyone makes it. Nothing is written.

The figures come from the code that bills: the same charges are drafted twice, over the tree as it
is and over the tree as it would be. Only schedules whose pools the move touches are drafted, and of
those only the days that count usage after the move.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.invoicing import Draft
from catchment.core.values.errors import BillingError, NotFound
from catchment.core.values.ids import NewId
from catchment.core.values.money import Money, total
from catchment.core.values.period import Period
from catchment.flows.families import changed_payers
from catchment.flows.families.compare_days import changed
from catchment.flows.families.move_customers import (
    NothingToMove,
    Plan,
    Relocation,
    affected,
    check_finalised,
    plan_moves,
)
from catchment.flows.families.preview_days import Day, days, worlds_around
from catchment.store.access import Workspace
from catchment.store.families import customers
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.schedules import joining
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of an invoice, as it is and as it would be."""

    price_id: str
    title: str
    service: Period
    before: Money
    after: Money
    quantity_before: Decimal
    quantity_after: Decimal


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """A due day whose bill would be another. ``invoice`` is the one that bills it, if one does.

    A ``running`` one is not over: it shows the usage there is by now.
    """

    due_on: date
    billing_period: Period
    invoice: Invoice | None
    running: bool
    before: Money
    after: Money
    lines: tuple[LineChange, ...]

    @property
    def status(self) -> str:
        """The invoice's; else UNBILLED where it is due, RUNNING where it is not over."""
        if self.invoice is not None:
            return self.invoice.status.value
        return "RUNNING" if self.running else "UNBILLED"

    @property
    def follows(self) -> bool:
        """Whether the move changes it; an invoice that is finalised stays what it is."""
        return self.invoice is None or self.invoice.status is Status.DRAFT


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """The days of one schedule that a move changes, oldest first; there is at least one."""

    schedule_id: str
    periods: tuple[PeriodChange, ...]


@dataclass(frozen=True, slots=True)
class PayerChange:
    """What a payer's invoices in one currency come to; finalised ones do not change and are not
    in the sums.
    """

    customer: CustomerId
    name: str
    currency: str
    schedules: tuple[ScheduleChange, ...]

    @property
    def before(self) -> Money:
        return total((one.before for one in self._following()), self.currency)

    @property
    def after(self) -> Money:
        return total((one.after for one in self._following()), self.currency)

    def _following(self) -> Iterator[PeriodChange]:
        periods = (period for schedule in self.schedules for period in schedule.periods)
        return (period for period in periods if period.follows)


@dataclass(frozen=True, slots=True)
class Preview:
    """Whose bills a move changes, and why it would be refused, if it would."""

    payers: tuple[PayerChange, ...]
    refusal: BillingError | None = None


def preview_move(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    relocation: Relocation,
    *,
    now: datetime,
    new_id: NewId,
) -> Preview:
    """What ``relocation`` would change. Raises NotFound where the parent does not exist."""
    try:
        plan = plan_moves(tx, workspace.id, [relocation], now, new_id)
    except NotFound:
        raise
    except BillingError as refusal:
        return Preview((), refusal)
    if not plan.moved:
        stays = plan.place(relocation) is not None
        return Preview((), None if stays else _nothing(tx, workspace.id, relocation.customer))
    touched = affected(tx, workspace.id, plan)
    joins = joining.below(tx, workspace.id, plan.moves)
    turned = changed_payers.turns(tx, workspace, joins, plan.moves)
    refused = None
    try:
        check_finalised(tx, workspace, plan, touched, turned)
    except BillingError as refusal:
        refused = refusal
    return Preview(_payers(tx, usage, workspace, plan, touched, joins, now), refused)


def _nothing(tx: Connection, workspace: str, customer: CustomerId) -> NothingToMove:
    return NothingToMove.of(customers.names(tx, workspace, [customer])[customer])


def _payers(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    plan: Plan,
    touched: Mapping[str, datetime],
    joins: Collection[str],
    now: datetime,
) -> tuple[PayerChange, ...]:
    """The changes by payer and currency; payers by name, their schedules by start."""
    if not touched and not joins:
        return ()
    today = now.astimezone(ZoneInfo(workspace.timezone)).date()
    worlds, ids = worlds_around(tx, workspace, {*touched, *joins}, plan.moves, today)
    found_days = days(tx, (usage, usage), worlds, ids, touched, today)
    return payers_of(tx, workspace.id, changed(tx, (usage, usage), worlds, found_days))


def payers_of(
    tx: Connection,
    workspace_id: str,
    changes: Iterable[tuple[Day, Draft | None, Draft | None]],
) -> tuple[PayerChange, ...]:
    """What days come to before and after, by payer and currency; payers by name."""
    found: defaultdict[tuple[CustomerId, str], dict[str, list[PeriodChange]]] = defaultdict(dict)
    for day, was, will_be in changes:
        for one, left, right in _of_payers(was, will_be):
            of_payer = found[one.customer, one.currency]
            of_payer.setdefault(one.schedule_id, []).append(_period(day, one, left, right))
    names = customers.names(tx, workspace_id, {payer for payer, _ in found})
    of_payers = [
        PayerChange(
            payer,
            names[payer],
            currency,
            tuple(ScheduleChange(id, tuple(periods)) for id, periods in of_payer.items()),
        )
        for (payer, currency), of_payer in found.items()
    ]
    return tuple(sorted(of_payers, key=lambda one: (one.name, one.customer, one.currency)))


def _of_payers(
    old: Draft | None, new: Draft | None
) -> Iterator[tuple[Draft, Draft | None, Draft | None]]:
    """The draft before and after for each payer it has."""
    if old and new and old.customer != new.customer:
        yield old, old, None  # the same invoice goes from one payer to another
        yield new, None, new
    elif one := new or old:
        yield one, old, new


def _period(day: Day, one: Draft, old: Draft | None, new: Draft | None) -> PeriodChange:
    """One payer's invoice; where a tree has none, it comes to nothing there."""
    nothing = Money(0, one.currency)
    return PeriodChange(
        one.due_on,
        one.billing_period,
        day.invoice,
        day.running,
        nothing if old is None else old.net,
        nothing if new is None else new.net,
        tuple(_lines(old, new, nothing)),
    )


def _lines(old: Draft | None, new: Draft | None, nothing: Money) -> Iterator[LineChange]:
    """The lines of both, those that come last."""
    was, will_be = (
        {line.billed_as: line for line in one.lines} if one else {} for one in (old, new)
    )
    for key, line in (was | will_be).items():
        left, right = was.get(key), will_be.get(key)
        yield LineChange(
            price_id=line.price_id,
            title=line.title,
            service=line.service,
            before=left.net if left else nothing,
            after=right.net if right else nothing,
            quantity_before=left.quantity if left else Decimal(0),
            quantity_after=right.quantity if right else Decimal(0),
        )
