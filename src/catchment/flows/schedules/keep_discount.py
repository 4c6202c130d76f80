"""What happens when a discount is changed or taken away by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from catchment.core.terms.discounts import SeatDiscountType
from catchment.core.values.errors import FieldError, Invalid
from catchment.core.values.ids import NewId
from catchment.flows.schedules.keep_schedule import change_discount
from catchment.flows.schedules.settling_terms import (
    DiscountTerms,
    PhasePrices,
    check_discounts,
    discounts_of,
)
from catchment.store.access import Workspace
from catchment.store.catalog import prices
from catchment.store.schedules import phase_terms, schedule_records
from catchment.store.schedules.phase_terms import DiscountRecord, PhaseDiscount
from catchment.store.schedules.schedule_records import PhaseRecord, ScheduleRecord
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class Found:
    """A discount with its phase."""

    schedule_id: str
    phase: PhaseRecord
    discount: DiscountRecord


@dataclass(frozen=True, slots=True)
class Asked:
    """What a discount is to be; ``start`` and ``end`` of None are not asked for."""

    schedule_id: str
    start: date | None
    end: date | None
    terms: Callable[[SeatDiscountType | None], DiscountTerms]


def one(tx: Connection, workspace_id: str, id: str) -> Found:
    """The discount. Raises NotFound."""
    return many(tx, workspace_id, [phase_terms.where(tx, workspace_id, id)])[0]


def many(tx: Connection, workspace_id: str, places: Iterable[PhaseDiscount]) -> list[Found]:
    """The discounts at some places, in that order."""
    known: dict[str, ScheduleRecord] = {}
    found = []
    for place in places:
        if place.schedule_id not in known:
            known[place.schedule_id] = schedule_records.one(tx, workspace_id, place.schedule_id)
        found.append(_in(known[place.schedule_id], place.id))
    return found


def change(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    asked: Asked,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> Found:
    """Agree anew on a discount; drafts are made anew, and what is invoiced for good must stay.

    Raises Invalid, NotFound, ScheduleArchived, ScheduleCompleted and ScheduleBilled.
    """

    def changed(record: ScheduleRecord, phase: PhaseRecord) -> PhaseRecord:
        _check_place(record, phase, asked)
        found = _in(record, id).discount
        ids = [price.price_id for price in phase.prices]
        known = prices.some(tx, workspace.id, ids)
        priced = PhasePrices({id: known[id].terms for id in ids}, {id: id for id in ids})
        terms = asked.terms(found.applied.seats)
        check_discounts("", [terms], priced)
        [made] = discounts_of([terms], priced, (), now=now, new_id=lambda: id)
        again = replace(made, created_at=found.created_at)
        discounts = (again if old is found else old for old in phase.discounts)
        return replace(phase, discounts=tuple(discounts))

    record = change_discount(tx, usage, workspace, id, changed, today=today, now=now, new_id=new_id)
    return _in(record, id)


def remove(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> Found:
    """Take a discount away; drafts are made anew, and what is invoiced for good must stay.

    Raises NotFound, ScheduleArchived, ScheduleCompleted and ScheduleBilled.
    """
    found = one(tx, workspace.id, id)

    def changed(_record: ScheduleRecord, phase: PhaseRecord) -> PhaseRecord:
        return replace(
            phase, discounts=tuple(one for one in phase.discounts if one.applied.id != id)
        )

    change_discount(tx, usage, workspace, id, changed, today=today, now=now, new_id=new_id)
    return found


def _in(record: ScheduleRecord, id: str) -> Found:
    return next(
        Found(record.id, phase, discount)
        for phase in record.phases
        for discount in phase.discounts
        if discount.applied.id == id
    )


def _check_place(record: ScheduleRecord, phase: PhaseRecord, asked: Asked) -> None:
    """Refuse to put a discount elsewhere. Raises Invalid."""
    wrong = []
    if asked.schedule_id != record.id:
        wrong.append(("/billingScheduleId", f"The discount is one of {record.id} and stays there."))
    for pointer, day, known in (
        ("/validFrom", asked.start, phase.start),
        ("/validTo", asked.end, phase.end),
    ):
        if day is not None and day != known:
            wrong.append((pointer, "A discount is valid as long as its phase; change that."))
    if wrong:
        errors = tuple(FieldError(pointer, "invalid", message) for pointer, message in wrong)
        raise Invalid(wrong[0][1], errors=errors)
