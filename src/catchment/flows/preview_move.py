"""What a move would do to bills, before anyone makes it. Nothing is written.

The figures come from the code that bills: the same charges are drafted twice, over the tree as it
is and over the tree as it would be. Only schedules whose pools the move touches are drafted, and of
those only the days that count usage after the move.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.errors import BillingError, NotFound
from catchment.core.hierarchy import CustomerId
from catchment.core.invoicing import Draft
from catchment.core.money import Money, total
from catchment.core.period import Period
from catchment.core.schedules import Schedule, charges, running
from catchment.flows import agreements
from catchment.flows.drafting import Due, by_day, drafted
from catchment.flows.move_customers import (
    NothingToMove,
    Plan,
    Relocation,
    affected,
    check_finalised,
    plan_moves,
)
from catchment.flows.recalculate_invoice import still_due
from catchment.flows.run_billing import unbilled
from catchment.store import customers, invoices, schedules
from catchment.store.access import Workspace
from catchment.store.invoices import Invoice, Status
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


@dataclass(frozen=True, slots=True)
class _Day:
    """What is due on a day, with the invoice that bills it, if one does."""

    due: Due
    invoice: Invoice | None = None
    running: bool = False


def preview_move(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    relocation: Relocation,
    *,
    now: datetime,
    new_id: Callable[[], str],
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
    refused = None
    try:
        check_finalised(tx, workspace, plan, touched)
    except BillingError as refusal:
        refused = refusal
    return Preview(_payers(tx, usage, workspace, plan, touched, now), refused)


def _nothing(tx: Connection, workspace: str, customer: CustomerId) -> NothingToMove:
    return NothingToMove.of(customers.names(tx, workspace, [customer])[customer])


def _payers(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    plan: Plan,
    touched: Mapping[str, datetime],
    now: datetime,
) -> tuple[PayerChange, ...]:
    """The changes by payer and currency; payers by name, their schedules by start."""
    days = _days(tx, workspace, touched, now)
    if not days:
        return ()
    ids = {day.due.schedule.id for day in days}
    before = agreements.of_schedules(tx, workspace, ids)
    after = agreements.of_schedules(tx, workspace, ids, plan.moves)
    dues = [day.due for day in days]
    was = drafted(tx, usage, before, dues)
    will_be = drafted(tx, usage, after, dues)
    found: defaultdict[tuple[CustomerId, str], dict[str, list[PeriodChange]]] = defaultdict(dict)
    for day, (_, old), (_, new) in zip(days, was, will_be, strict=True):
        if old != new:
            of_payer = found[old.customer, old.currency]
            of_payer.setdefault(old.schedule_id, []).append(_period(day, old, new))
    names = customers.names(tx, workspace.id, {payer for payer, _ in found})
    changed = [
        PayerChange(
            payer,
            names[payer],
            currency,
            tuple(ScheduleChange(id, tuple(periods)) for id, periods in of_payer.items()),
        )
        for (payer, currency), of_payer in found.items()
    ]
    return tuple(sorted(changed, key=lambda one: (one.name, one.customer, one.currency)))


def _days(
    tx: Connection, workspace: Workspace, touched: Mapping[str, datetime], now: datetime
) -> list[_Day]:
    """The days on which the schedules charge for usage after the instant given for each."""
    zone = ZoneInfo(workspace.timezone)
    today = now.astimezone(zone).date()
    billed = invoices.billed(tx, workspace.id, list(touched))
    standing: defaultdict[str, list[Invoice]] = defaultdict(list)
    for invoice in invoices.live(tx, workspace.id, list(touched)):
        if invoice.schedule_id is not None and invoice.due_on is not None:
            standing[invoice.schedule_id].append(invoice)

    def of_schedule(schedule: Schedule) -> Iterator[_Day]:
        for invoice in standing[schedule.id]:
            due = still_due(invoice, schedule, zone, billed)
            if due is not None:
                yield _Day(due, invoice)
        if schedule.archived_at is None:
            for due in by_day(schedule, unbilled(charges(schedule, today, zone), billed)):
                yield _Day(due)
            for due in by_day(schedule, unbilled(running(schedule, today), billed)):
                yield _Day(due, running=True)

    found = schedules.some(tx, workspace.id, list(touched))
    return [
        day
        for schedule in sorted(found, key=lambda one: (one.start, one.id))
        for day in sorted(of_schedule(schedule), key=lambda day: day.due.on)
        if _counts_after(day.due, zone, touched[schedule.id])
    ]


def _counts_after(due: Due, zone: ZoneInfo, since: datetime) -> bool:
    return any(
        charge.item.metric is not None and charge.service.span(zone).end > since
        for charge in due.charges
    )


def _period(day: _Day, old: Draft, new: Draft) -> PeriodChange:
    """The same charges, measured over one tree and over the other, stand in the same order."""
    lines = tuple(
        LineChange(
            price_id=was.price_id,
            title=was.title,
            service=was.service,
            before=was.net,
            after=will_be.net,
            quantity_before=was.quantity,
            quantity_after=will_be.quantity,
        )
        for was, will_be in zip(old.lines, new.lines, strict=True)
    )
    return PeriodChange(
        old.due_on, old.billing_period, day.invoice, day.running, old.net, new.net, lines
    )
