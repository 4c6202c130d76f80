"""What a backfill would do to bills, before anyone makes it. Nothing is written.

The figures come from the code that bills, asked twice: about the usage there is, and about the one
there would be. What is not issued is drafted both ways; of what is final, the adjustments that the
next invoices would have are worked out both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.money import Money, total
from catchment.core.values.period import Period
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.late.late_usage import adjustment_lines, late
from catchment.flows.billing.late.place_adjustments import wanted
from catchment.flows.families.compare_days import changed
from catchment.flows.families.preview_days import Day, days, worlds_around
from catchment.flows.families.preview_move import PayerChange, payers_of
from catchment.flows.usage.backfill import Backfill, Plan, plan
from catchment.store.access import Workspace
from catchment.store.families import aliases, customers
from catchment.store.invoices import adjustments
from catchment.store.invoices.invoices import Status
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class AdjustmentChange:
    """The adjustment that a charge billed for good would get next, as it is and as it would be.

    ``billed`` is what its lines in force come to; ``invoices`` has the invoice of each of them: its
    id and number.
    """

    customer: CustomerId
    name: str
    schedule_id: str
    price_id: str
    title: str
    service: Period
    billed: Money
    before: Money
    after: Money
    invoices: dict[str, tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class BackfillPreview:
    """What becomes of the events, and of whose bills."""

    plan: Plan
    payers: tuple[PayerChange, ...]
    adjustments: tuple[AdjustmentChange, ...]


def preview_backfill(
    tx: Connection, usage: UsageStore, workspace: Workspace, asked: Backfill, *, now: datetime
) -> BackfillPreview:
    """What ``asked`` would change by what counts now. Raises Invalid."""
    found = plan(tx, usage, workspace.id, asked, now)
    if not found.rows:
        return BackfillPreview(found, (), ())
    usages = usage, usage.supposing(workspace.id, found.rows, now)
    agreed = agreements.all_of(tx, workspace)
    today = now.astimezone(ZoneInfo(workspace.timezone)).date()
    return BackfillPreview(
        found,
        _payers(tx, usages, agreed, found, today),
        tuple(_adjustments(tx, usages, agreed, today)),
    )


def _payers(
    tx: Connection,
    usages: tuple[UsageStore, UsageStore],
    agreed: Agreements,
    found: Plan,
    today: date,
) -> tuple[PayerChange, ...]:
    """What is not issued and would be another invoice."""
    workspace = agreed.workspace
    owners = aliases.owners(tx, workspace.id, {one.alias for one in found.changed})
    everyone = agreed.among(tx, set(owners.values())).forest.linked_above(owners.values())
    types = {one.event_type for one in found.changed}
    since = min(one.at for one in found.changed)
    touched = {
        schedule.id: since
        for schedule in agreed.schedules.values()
        if schedule.customer in everyone
        and any(
            item.metric is not None
            and not of_seats(item.metric)
            and item.metric.event_type in types
            for phase in schedule.phases
            for item in phase.items
        )
    }
    if not touched:
        return ()
    worlds, ids = worlds_around(tx, workspace, touched, {}, today)
    found_days = days(tx, usages, worlds, ids, touched, today)
    open_days = [one for one in found_days if not _is_issued(one)]
    return payers_of(tx, workspace.id, changed(tx, usages, worlds, open_days))


def _is_issued(day: Day) -> bool:
    return day.invoice is not None and day.invoice.status is not Status.DRAFT


def _adjustments(
    tx: Connection, usages: tuple[UsageStore, UsageStore], agreed: Agreements, today: date
) -> Iterator[AdjustmentChange]:
    """The adjustments that would be others, the oldest service first."""
    looked = [
        {one.charge.billed_as: one for one in late(tx, usage, agreed, renewed=None) if wanted(one)}
        for usage in usages
    ]
    was, will_be = (
        adjustment_lines(tx, usage, agreed, found.values(), today)
        for usage, found in zip(usages, looked, strict=True)
    )
    everything = looked[0] | looked[1]
    names = customers.names(tx, agreed.workspace.id, {one.payer for one in everything.values()})
    for key, one in everything.items():
        before, after = was.get(key), will_be.get(key)
        line = after or before
        if line is None:
            continue
        nothing = Money(0, one.charge.item.currency)
        left, right = (nothing if each is None else each.net for each in (before, after))
        if left == right:
            continue
        lines = [billed.id for billed in one.billed]
        yield AdjustmentChange(
            one.payer,
            names[one.payer],
            one.schedule.id,
            one.charge.item.id,
            line.title,
            one.charge.service,
            total((billed.net for billed in one.billed), nothing.currency),
            left,
            right,
            adjustments.invoices_of(tx, agreed.workspace.id, lines),
        )
