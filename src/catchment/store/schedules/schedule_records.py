"""Billing schedules as they are written down and shown: every word, also those no bill needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from catchment.core.terms.credits import PhaseGrant
from catchment.core.terms.schedules import BillTo
from catchment.core.values.errors import NotFound
from catchment.core.values.period import Span
from catchment.store import stamps
from catchment.store.families import links
from catchment.store.schedules import phase_grants, phase_terms
from catchment.store.schedules.phase_terms import DiscountRecord, MinimumRecord
from catchment.store.schema import (
    billing_schedules,
    customer_links,
    phase_prices,
    phases,
)

_c = billing_schedules.c


@dataclass(frozen=True, slots=True)
class PhasePrice:
    """A price of a phase; ``arr_calculation`` (INCLUDE or EXCLUDE) is None where nobody said."""

    price_id: str
    arr_calculation: str | None = None


@dataclass(frozen=True, slots=True)
class PhaseRecord:
    """A stretch of a schedule. ``end`` is its last day, None has no end.

    With a ``milestone`` (what is to be reached) it ends on the day on which that is: until then it
    has no end, and the phase after it no ``start``.
    """

    id: str
    name: str | None
    external_contract_ref: str | None
    start: date | None
    end: date | None
    recurrence_preference: str
    prices: tuple[PhasePrice, ...]
    created_at: datetime
    discounts: tuple[DiscountRecord, ...] = ()
    minimums: tuple[MinimumRecord, ...] = ()
    credit_grants: tuple[PhaseGrant, ...] = ()
    milestone: str | None = None


@dataclass(frozen=True, slots=True)
class ScheduleRecord:
    """What was agreed with a customer. ``end`` is the last day, None has no end.

    Customers in ``exclusions`` are left out of a ``roll_up``, with everyone below them.
    ``tax_rates`` are those agreed for some of the prices, by price.
    """

    id: str
    customer_id: str
    start: date
    end: date | None
    recurrence_day: int | None
    roll_up: bool
    bill_to: BillTo
    exclusions: tuple[str, ...]
    auto_issue: bool
    adjust_late: bool
    purchase_order_number: str | None
    reference: str | None
    label: str | None
    memo: str | None
    due_days: int | None
    custom_fields: Mapping[str, str]
    tax_rates: Mapping[str, str]
    phases: tuple[PhaseRecord, ...]
    created_at: datetime
    updated_at: datetime
    activated_at: datetime | None = None
    archived_at: datetime | None = None
    suspended_at: datetime | None = None
    cancelled_at: datetime | None = None

    def status(self, today: date) -> str:
        """What the schedule is on that day."""
        if self.activated_at is None:
            return "DRAFT"
        if self.suspended_at is not None:
            return "SUSPENDED"
        if self.start > today:
            return "PENDING"
        if self.end is not None and self.end < today:
            return "COMPLETED" if self.cancelled_at is None else "CANCELLED"
        return "ACTIVE"

    @property
    def price_ids(self) -> tuple[str, ...]:
        """Every price of its phases once, in order."""
        return tuple(dict.fromkeys(p.price_id for phase in self.phases for p in phase.prices))


def add(tx: Connection, workspace: str, record: ScheduleRecord) -> None:
    """Keep a new schedule."""
    tx.execute(
        insert(billing_schedules).values(
            id=record.id,
            workspace_id=workspace,
            customer_id=record.customer_id,
            created_at=record.created_at,
            **_values(record),
        )
    )
    _add_phases(tx, workspace, record)


def save(tx: Connection, workspace: str, record: ScheduleRecord) -> None:
    """Replace what is kept of a schedule, phases included."""
    save_head(tx, workspace, record)
    phase_terms.drop(tx, record.id)
    phase_grants.drop(tx, record.id)
    mine = select(phases.c.id).where(phases.c.schedule_id == record.id)
    tx.execute(delete(phase_prices).where(phase_prices.c.phase_id.in_(mine)))
    tx.execute(delete(phases).where(phases.c.schedule_id == record.id))
    _add_phases(tx, workspace, record)


def save_head(tx: Connection, workspace: str, record: ScheduleRecord) -> None:
    """Replace what is kept of a schedule, but for its phases."""
    if record.activated_at is not None:  # nobody bills by a draft
        stamps.renew(tx, workspace)
    tx.execute(update(billing_schedules).where(_c.id == record.id).values(**_values(record)))


def one(tx: Connection, workspace: str, id: str, *, to_change: bool = False) -> ScheduleRecord:
    """The schedule, locked until the end of the transaction if ``to_change``. Raises NotFound."""
    query = query_of(workspace).where(_c.id == id)
    rows = tx.execute(query.with_for_update() if to_change else query).all()
    if not rows:
        raise NotFound(f"There is no billing schedule {id}.")
    return of_rows(tx, rows)[0]


def query_of(workspace: str) -> Select[Any]:
    """Every schedule of a workspace, as ``of_rows`` reads it; more conditions may be added."""
    return select(billing_schedules).where(_c.workspace_id == workspace)


def of_rows(tx: Connection, rows: Collection[Row[Any]]) -> list[ScheduleRecord]:
    """The values of rows of ``query_of``, in their order."""
    of_schedule = _phases(tx, [row.id for row in rows])
    return [_record(row, tuple(of_schedule[row.id])) for row in rows]


def has_children(tx: Connection, workspace: str, customer_id: str, span: Span) -> bool:
    """Whether anyone is a child of the customer at some instant of ``span``, as believed now."""
    link = customer_links.c
    query = select(link.id).where(
        link.workspace_id == workspace,
        link.parent_id == customer_id,
        links.believed(None),
        link.effective_from < span.end,
        func.coalesce(link.effective_to > span.start, True),
    )
    return tx.execute(query.limit(1)).first() is not None


def custom_field_keys(tx: Connection, workspace: str) -> list[str]:
    """Every key of custom fields in use, in order."""
    fields = _c.custom_fields
    key: Any
    if tx.dialect.name == "postgresql":
        key = func.json_object_keys(fields).column_valued("key", joins_implicitly=True)
    else:
        key = func.json_each(fields).table_valued("key", joins_implicitly=True).c.key
    query = select(key).select_from(billing_schedules).where(_c.workspace_id == workspace)
    return sorted(tx.execute(query.distinct()).scalars())


def _add_phases(tx: Connection, workspace: str, record: ScheduleRecord) -> None:
    heads = [
        {
            "id": phase.id,
            "workspace_id": workspace,
            "schedule_id": record.id,
            "position": position,
            "name": phase.name,
            "external_contract_ref": phase.external_contract_ref,
            "start_date": phase.start,
            "end_date": phase.end,
            "milestone": phase.milestone,
            "recurrence_preference": phase.recurrence_preference,
            "created_at": phase.created_at,
        }
        for position, phase in enumerate(record.phases)
    ]
    priced = [
        {
            "phase_id": phase.id,
            "price_id": price.price_id,
            "workspace_id": workspace,
            "position": position,
            "arr_calculation": price.arr_calculation,
        }
        for phase in record.phases
        for position, price in enumerate(phase.prices)
    ]
    tx.execute(insert(phases), heads)
    tx.execute(insert(phase_prices), priced)
    phase_terms.add_discounts(
        tx, workspace, record.id, ((phase.id, phase.discounts) for phase in record.phases)
    )
    phase_terms.add_minimums(
        tx, workspace, record.id, ((phase.id, phase.minimums) for phase in record.phases)
    )
    phase_grants.add(
        tx, workspace, record.id, ((phase.id, phase.credit_grants) for phase in record.phases)
    )


def _values(record: ScheduleRecord) -> dict[str, Any]:
    return {
        "start_date": record.start,
        "end_date": record.end,
        "recurrence_day_of_month": record.recurrence_day,
        "roll_up_billing": record.roll_up,
        "bill_to": record.bill_to,
        "roll_up_exclusions": list(record.exclusions) or None,
        "tax_rates": dict(record.tax_rates) or None,
        "auto_issue_invoices": record.auto_issue,
        "adjust_late_usage": record.adjust_late,
        "purchase_order_number": record.purchase_order_number,
        "reference": record.reference,
        "label": record.label,
        "memo": record.memo,
        "default_due_date_days": record.due_days,
        "custom_fields": dict(record.custom_fields),
        "updated_at": record.updated_at,
        "activated_at": record.activated_at,
        "archived_at": record.archived_at,
        "suspended_at": record.suspended_at,
        "cancelled_at": record.cancelled_at,
    }


def _phases(tx: Connection, ids: Collection[str]) -> Mapping[str, list[PhaseRecord]]:
    priced: defaultdict[str, list[PhasePrice]] = defaultdict(list)
    rows = tx.execute(
        select(phase_prices)
        .join(phases, phases.c.id == phase_prices.c.phase_id)
        .where(phases.c.schedule_id.in_(ids))
        .order_by(phase_prices.c.position)
    )
    for row in rows:
        priced[row.phase_id].append(PhasePrice(row.price_id, row.arr_calculation))
    these = select(_c.id).where(_c.id.in_(ids))
    discounts, minimums = phase_terms.discounts_of(tx, these), phase_terms.minimums_of(tx, these)
    granted = phase_grants.of(tx, these)
    found: defaultdict[str, list[PhaseRecord]] = defaultdict(list)
    query = select(phases).where(phases.c.schedule_id.in_(ids)).order_by(phases.c.position)
    for row in tx.execute(query):
        found[row.schedule_id].append(
            PhaseRecord(
                row.id,
                row.name,
                row.external_contract_ref,
                row.start_date,
                row.end_date,
                row.recurrence_preference,
                tuple(priced[row.id]),
                row.created_at,
                tuple(discounts.get(row.id, ())),
                tuple(minimums.get(row.id, ())),
                tuple(granted.get(row.id, ())),
                row.milestone,
            )
        )
    return found


def _record(row: Row[Any], its_phases: tuple[PhaseRecord, ...]) -> ScheduleRecord:
    return ScheduleRecord(
        id=row.id,
        customer_id=row.customer_id,
        start=row.start_date,
        end=row.end_date,
        recurrence_day=row.recurrence_day_of_month,
        roll_up=row.roll_up_billing,
        bill_to=BillTo(row.bill_to),
        exclusions=tuple(row.roll_up_exclusions or ()),
        auto_issue=row.auto_issue_invoices,
        adjust_late=row.adjust_late_usage,
        purchase_order_number=row.purchase_order_number,
        reference=row.reference,
        label=row.label,
        memo=row.memo,
        due_days=row.default_due_date_days,
        custom_fields=row.custom_fields,
        tax_rates=row.tax_rates or {},
        phases=its_phases,
        created_at=row.created_at,
        updated_at=row.updated_at,
        activated_at=row.activated_at,
        archived_at=row.archived_at,
        suspended_at=row.suspended_at,
        cancelled_at=row.cancelled_at,
    )
