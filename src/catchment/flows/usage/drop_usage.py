"""What happens when old usage is dropped: nothing that is still to be billed may need it.

All of before a day must be billed for good. What is not is looked for first: drafts, charges on no
invoice yet, adjustments that wait, and metrics that go by what stood before. The mark is set while
nobody bills. From then on nobody reads events of before or has them taken in, and the room that
they take is given back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from catchment.core.due.charging import running
from catchment.core.due.daily import Use, only
from catchment.core.due.phase_days import phases_of
from catchment.core.terms.schedules import Charge
from catchment.core.usage.metering import Aggregation
from catchment.core.values.errors import Invalid
from catchment.core.values.period import BEGINNING, Period, day_text, days_text, first_instant
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.days_used import days_used
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.late.late_usage import adjustment_lines, late
from catchment.flows.billing.late.place_adjustments import wanted
from catchment.flows.billing.run_billing import hold, unbilled_before
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.store.families import customers, known_aliases
from catchment.store.invoices import already_billed
from catchment.store.usage import kept_usage, usage_lines
from catchment.usage import Earlier, UsageStore


@dataclass(frozen=True, slots=True)
class Dropping:
    """What there is of before ``day``, and what still needs it: then it cannot be dropped.

    ``invoices`` are the issued ones that could be recomputed and cannot be without it. ``freed``
    are the bytes that were given back.
    """

    day: date
    there: Earlier
    invoices: int
    needed: tuple[str, ...] = ()
    freed: int | None = None


def would_drop(
    tx: Connection, usage: UsageStore, workspace: Workspace, day: date, *, now: datetime
) -> Dropping:
    """What dropping all usage of before ``day``, the first of a month, would mean.

    ``tx`` is only read from. Raises Invalid for a day to come.
    """
    at = _start(workspace, day, now)
    since = kept_usage.first_day(tx, workspace.id)
    return Dropping(
        day,
        usage.earlier(workspace.id, at, known_aliases.every(tx, workspace.id)),
        usage_lines.issued_before(tx, workspace.id, day, since),
        ()
        if since is not None and day <= since
        else tuple(_needed(tx, usage, workspace, day, now)),
    )


def drop_usage(
    engine: Engine, usage: UsageStore, workspace: Workspace, day: date, *, now: datetime
) -> Dropping:
    """Drop all usage of before ``day``, the first of a month, unless something still needs it.

    What somebody broke off is gone on with. Raises Invalid for a day to come.
    """
    with writing(engine) as tx:
        hold(tx, workspace)
        found = would_drop(tx, usage, workspace, day, now=now)
        if found.needed:
            return found
        known = kept_usage.since(tx, workspace.id)
        at = _start(workspace, day, now)
        since = at if known is None else max(at, known)
        kept_usage.keep_since(tx, workspace.id, since)
    freed = usage.drop_before(workspace.id, since)
    return Dropping(day, found.there, found.invoices, freed=freed)


def _start(workspace: Workspace, day: date, now: datetime) -> datetime:
    at = first_instant(day, ZoneInfo(workspace.timezone))
    if at > now:
        raise Invalid(f"{day_text(day)} is still to come; what happened by then may be billed yet.")
    return at


def _needed(
    tx: Connection, usage: UsageStore, workspace: Workspace, day: date, now: datetime
) -> Iterator[str]:
    """What needs usage of before ``day``, in words."""
    for name, due_on in usage_lines.drafts_before(tx, workspace.id, day):
        due = f" due on {day_text(due_on)}" if due_on else ""
        yield f"The draft of {name}{due} is not issued."
    agreed = agreements.all_of(tx, workspace)
    open_charges = list(_open_charges(tx, usage, agreed, day))
    today = now.astimezone(agreed.zone).date()
    waiting = [
        one
        for one in late(tx, usage, agreed, renewed=None)
        if wanted(one) and one.charge.read.start < day and not of_seats(one.charge.item.metric)
    ]
    lines = adjustment_lines(tx, usage, agreed, waiting, today) if waiting else {}
    going_on = list(_going_on(agreed, day))
    whose = {who for who, _ in (*open_charges, *going_on)} | {one.payer for one in waiting}
    names = customers.names(tx, workspace.id, whose)
    for who, charge in open_charges:
        period = days_text(charge.service)
        yield f"{charge.item.name} of {names[who]} for {period} is on no invoice yet."
    for one in waiting:
        if one.charge.billed_as in lines:
            period = days_text(one.charge.service)
            yield f"An adjustment of {names[one.payer]} for {period} waits for an invoice."
    if _looks_back(agreed, day) or usage_lines.stands_from_before(tx, workspace.id, day):
        yield "A time-weighted metric goes on from what it was told before."
    for who, charge in going_on:
        since = day_text(charge.read.start)
        yield f"The tiers of {charge.item.name} of {names[who]} go on from usage since {since}."


def _open_charges(
    tx: Connection, usage: UsageStore, agreed: Agreements, day: date
) -> Iterator[tuple[str, Charge]]:
    billed = already_billed.of(tx, agreed.workspace.id)
    known = agreed.schedules.values()
    used = days_used(tx, usage, agreed, known, Period(BEGINNING.date(), day), billed=billed)
    for schedule in known:
        for charge in unbilled_before(schedule, day, billed, agreed.zone, used):
            yield schedule.customer, charge


def _going_on(agreed: Agreements, day: date) -> Iterator[tuple[str, Charge]]:
    """What is charged for ``day`` with tiers that earlier usage has moved."""
    for schedule in agreed.schedules.values():
        if schedule.archived_at is None:
            for charge in running(schedule, day, only(Use(day))):
                if charge.before is not None and charge.read.start < day:
                    yield schedule.customer, charge


def _looks_back(agreed: Agreements, day: date) -> bool:
    """Whether a schedule goes on after ``day`` with a metric that goes by what stood before."""
    return any(
        item.metric is not None
        and item.metric.aggregation is Aggregation.TIME_WEIGHTED_SUM
        and of.days.end > day
        for schedule in agreed.schedules.values()
        if schedule.archived_at is None
        for _, of in phases_of(schedule)
        for item in of.phase.items
    )
