"""Billing schedules as billing applies them, in bulk: seven statements, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, select

from catchment.core.terms.schedules import BillTo, Phase, PricedItem, Schedule
from catchment.core.values.errors import NotFound
from catchment.store.catalog import prices
from catchment.store.chunks import chunks
from catchment.store.listed import among
from catchment.store.schedules import phase_grants, phase_terms
from catchment.store.schema import billing_schedules, phase_prices, phases

RESET = "RESET"
_c, _p = billing_schedules.c, phases.c
_HEAD: tuple[Column[Any], ...] = (
    _c.id,
    _c.customer_id,
    _c.start_date,
    _c.end_date,
    _c.recurrence_day_of_month,
    _c.roll_up_billing,
    _c.bill_to,
    _c.adjust_late_usage,
    _c.archived_at,
    _c.auto_issue_invoices,
    _c.memo,
    _c.purchase_order_number,
    _c.reference,
    _c.default_due_date_days,
    _c.roll_up_exclusions,
    _c.tax_rates,
    _c.suspended_at,
    _c.version,
)
_PHASE: tuple[Column[Any], ...] = (
    _p.id,
    _p.schedule_id,
    _p.start_date,
    _p.end_date,
    _p.recurrence_preference,
    _p.milestone,
)


def one(tx: Connection, workspace: str, id: str) -> Schedule:
    """The schedule, whether started or not. Raises NotFound."""
    found = some(tx, workspace, [id])
    if not found:
        raise missing(id)
    return found[0]


def missing(id: str) -> NotFound:
    """The refusal of a schedule that does not exist."""
    return NotFound(f"There is no billing schedule {id}.")


def some(tx: Connection, workspace: str, ids: Collection[str]) -> list[Schedule]:
    """Those of ``ids`` that exist, whether started or not."""
    c = billing_schedules.c
    return [
        schedule
        for part in chunks(sorted(set(ids)))
        for schedule in _read(tx, _ids(workspace).where(c.id.in_(part)))
    ]


def live(tx: Connection, workspace: str) -> list[Schedule]:
    """Every schedule that was ever started, archived ones too: their claims ended then."""
    return _read(tx, _ids(workspace).where(billing_schedules.c.activated_at.is_not(None)))


def of_customers(
    tx: Connection, workspace: str, customer_ids: Collection[str], known: Container[str] = ()
) -> list[Schedule]:
    """The schedules of ``customer_ids`` that were ever started, but for those ``known`` by id."""
    c = billing_schedules.c
    started = _ids(workspace).where(c.activated_at.is_not(None))
    found = tx.execute(started.where(among(tx, c.customer_id, customer_ids))).scalars()
    return some(tx, workspace, [id for id in found if id not in known])


def _ids(workspace: str) -> Select[str]:
    return select(billing_schedules.c.id).where(billing_schedules.c.workspace_id == workspace)


def _read(tx: Connection, wanted: Select[str]) -> list[Schedule]:
    heads = tx.execute(
        select(*_HEAD).where(billing_schedules.c.id.in_(wanted)).order_by(billing_schedules.c.id)
    ).all()
    if not heads:
        return []
    of_schedule = _phases(tx, wanted)
    return [_schedule(row, of_schedule[row.id]) for row in heads]


def _phases(tx: Connection, wanted: Select[str]) -> Mapping[str, list[Phase]]:
    """The phases of each schedule in order, but for those that wait for a milestone."""
    priced = (
        select(phase_prices.c.phase_id, phase_prices.c.price_id)
        .join(phases, phases.c.id == phase_prices.c.phase_id)
        .where(phases.c.schedule_id.in_(wanted))
    )
    items = prices.items(tx, priced.with_only_columns(phase_prices.c.price_id))
    of_phase: defaultdict[str, list[PricedItem]] = defaultdict(list)
    for phase_id, price_id in tx.execute(priced.order_by(phase_prices.c.position)):
        of_phase[phase_id].append(items[price_id])
    discounts, minimums = phase_terms.discounts_of(tx, wanted), phase_terms.minimums_of(tx, wanted)
    granted = phase_grants.of(tx, wanted)
    found: defaultdict[str, list[Phase]] = defaultdict(list)
    rows = tx.execute(
        select(*_PHASE)
        .where(phases.c.schedule_id.in_(wanted), phases.c.start_date.is_not(None))
        .order_by(phases.c.position)
    )
    for row in rows:
        resets = row.recurrence_preference == RESET
        found[row.schedule_id].append(
            Phase(
                row.id,
                row.start_date,
                row.end_date,
                tuple(of_phase[row.id]),
                resets,
                tuple(one.applied for one in discounts.get(row.id, ())),
                tuple(one.applied for one in minimums.get(row.id, ())),
                tuple(granted.get(row.id, ())),
                row.milestone is not None,
            )
        )
    return found


def _schedule(row: Row[Any], phases: Collection[Phase]) -> Schedule:
    return Schedule(
        id=row.id,
        customer=row.customer_id,
        start=row.start_date,
        end=row.end_date,
        billing_day=row.recurrence_day_of_month,
        roll_up=row.roll_up_billing,
        phases=tuple(phases),
        archived_at=row.archived_at,
        auto_issue=row.auto_issue_invoices,
        memo=row.memo,
        purchase_order=row.purchase_order_number,
        reference=row.reference,
        due_days=row.default_due_date_days,
        exclusions=frozenset(row.roll_up_exclusions or ()),
        bill_to=BillTo(row.bill_to),
        adjust_late=row.adjust_late_usage,
        tax_rates=row.tax_rates or {},
        suspended=row.suspended_at is not None,
        version=row.version,
    )
