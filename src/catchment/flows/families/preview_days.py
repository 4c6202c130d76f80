"""The invoices that a move may change: what each bills over the tree as it is, and as it would be.

What is issued stays as it is, so its lines are the same in both. Everything else is arranged over
either tree as it would be when it is drafted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.due.charging import charges, running
from catchment.core.due.daily import DaysUsed, either, is_used
from catchment.core.families.hierarchy import CustomerId, Move
from catchment.core.invoices.consolidation import Due, Part, arrange
from catchment.core.terms.schedules import BillTo, Charge, Schedule
from catchment.core.values.period import days_up_to
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.days_used import billed_uses, days_used
from catchment.store.access import Workspace
from catchment.store.invoices import already_billed, invoices
from catchment.store.invoices.already_billed import Billed
from catchment.store.invoices.invoices import Invoice, Status
from catchment.usage import UsageStore

Worlds = tuple[Agreements, Agreements]
"""What is agreed, over the tree before a move and over the one after it."""


@dataclass(frozen=True, slots=True)
class Day:
    """What one invoice bills before and after; None: there is none, or nothing on it.

    ``invoice`` is the one there is. A ``running`` day is not over.
    """

    before: Due | None
    after: Due | None
    invoice: Invoice | None
    running: bool

    @property
    def due(self) -> Due:
        found = self.before or self.after
        assert found is not None, self
        return found

    @property
    def bills_others(self) -> bool:
        """Whether after it bills other charges than before, or along another way to the payer."""
        before, after = (() if due is None else due.parts for due in (self.before, self.after))
        return who(before) != who(after)


def worlds_around(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    moves: Mapping[CustomerId, Move],
    today: date,
) -> tuple[Worlds, frozenset[str]]:
    """All that matters to the invoices of some schedules, now and after the moves; and whose.

    Those are their own ones, those they are on, and those they may be on then.
    """
    ids = set(schedule_ids)
    standing = invoices.live(tx, workspace.id, ids)
    ids.update(one.schedule_id for one in standing if one.schedule_id is not None)
    ids.update(
        schedule for schedule, *_ in already_billed.charges_on(tx, [one.id for one in standing])
    )
    worlds = agreements.around_moves(tx, workspace, ids, moves)
    hosts = {
        agreed.payer(schedule, charge).host.id
        for agreed in worlds
        for schedule in agreed.schedules.values()
        if schedule.bill_to is BillTo.PARENT
        for charge in _charges(schedule, today, agreed.zone)
    }
    if not hosts <= ids:
        worlds = agreements.around_moves(tx, workspace, ids | hosts, moves)
    return worlds, frozenset(ids | hosts)


def who(parts: Iterable[Part]) -> list[tuple[object, ...]]:
    """Whose charges are on an invoice, and who is between them and its payer."""
    return [(part.schedule.id, part.path, *(c.billed_as for c in part.charges)) for part in parts]


def days(
    tx: Connection,
    usages: tuple[UsageStore, UsageStore],
    worlds: Worlds,
    schedule_ids: Collection[str],
    touched: Mapping[str, datetime],
    today: date,
) -> list[Day]:
    """The days whose bill may be another, by the start of their schedule, oldest first; by the
    usage of before and of after.

    Looked at are the invoices of ``schedule_ids``. A bill may be another where somebody else's
    charges are on it, and where schedules ``touched`` charge for usage after the instant given
    for each.
    """
    before, _ = worlds
    workspace = before.workspace.id
    known = {
        id: one
        for id, one in before.schedules.items()
        if id in schedule_ids or one.bill_to is BillTo.PARENT
    }
    billed = already_billed.of(tx, workspace, known)
    heads = {one.id: one for one in invoices.live(tx, workspace, known)}
    issued: dict[str, list[tuple[Schedule, Charge]]] = {}
    free: list[tuple[Schedule, Charge]] = []
    until = days_up_to(today)
    uses = [
        days_used(tx, usage, agreed, known.values(), until)
        for agreed, usage in zip(worlds, usages, strict=True)
    ]
    every = either(billed_uses(billed), *uses)
    for schedule in known.values():
        for charge in _charges(schedule, today, before.zone, every):
            on = billed.charges.get(charge.billed_as)
            if on is not None and heads[on].status is not Status.DRAFT:
                issued.setdefault(on, []).append((schedule, charge))
            elif _is_due(schedule, charge, on, billed):
                free.append((schedule, charge))
    was, will_be = (
        {due.key: due for due in arrange(charged, agreed.payer, billed.issued)}
        for agreed, used in zip(worlds, uses, strict=True)
        for charged in [[(of, one) for of, one in free if is_used(of, one, used)]]
    )
    found = [
        Day(
            was.get(key),
            will_be.get(key),
            heads[billed.days[key]] if key in billed.days else None,
            running=key[1] > today,
        )
        for key in was.keys() | will_be.keys()
    ]
    for id, lines in issued.items():
        if touched.keys().isdisjoint(schedule.id for schedule, _ in lines):
            continue
        standing = _standing(before, heads[id], lines)
        found.append(Day(standing, standing, heads[id], running=False))
    found = [day for day in found if _may_differ(day, before.zone, touched)]
    return sorted(found, key=lambda day: (day.due.schedule.start, day.due.schedule.id, day.due.on))


def _charges(
    schedule: Schedule, today: date, zone: ZoneInfo, used: DaysUsed | None = None
) -> Iterator[Charge]:
    yield from charges(schedule, today, zone, used)
    if schedule.archived_at is None:
        yield from running(schedule, today, used)


def _is_due(schedule: Schedule, charge: Charge, on: str | None, billed: Billed) -> bool:
    """Whether a charge is on a draft, or will be."""
    own = (schedule.id, charge.due_on) in billed.drafted
    return on is not None or schedule.archived_at is None or own


def _standing(agreed: Agreements, invoice: Invoice, lines: list[tuple[Schedule, Charge]]) -> Due:
    """What an issued invoice bills."""
    assert invoice.schedule_id is not None, invoice
    of_schedule: dict[str, list[Charge]] = {}
    for schedule, charge in lines:
        of_schedule.setdefault(schedule.id, []).append(charge)
    parts = []
    for id, own in sorted(of_schedule.items(), key=lambda entry: entry[0] != invoice.schedule_id):
        schedule = agreed.schedules[id]
        payer, customer = invoice.customer_id, schedule.customer
        path = agreed.way(payer, customer, own[0].due_on) or (payer, customer)
        parts.append(Part(schedule, path, tuple(own)))
    return Due(agreed.schedules[invoice.schedule_id], tuple(parts), ordinal=invoice.ordinal)


def _may_differ(day: Day, zone: ZoneInfo, touched: Mapping[str, datetime]) -> bool:
    return day.bills_others or any(
        charge.item.metric is not None and charge.service.span(zone).end > touched[part.schedule.id]
        for part in day.due.parts
        if part.schedule.id in touched
        for charge in part.charges
    )
