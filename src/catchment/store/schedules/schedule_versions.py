"""What schedules charged by before they were agreed anew: as much of it as charges are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from catchment.core.terms.discounts import Discount
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.schedules import Phase, PricedItem, Schedule
from catchment.store.catalog import prices
from catchment.store.chunks import chunks
from catchment.store.schema import billing_schedules, schedule_versions
from catchment.store.schema import prices as price_rows

_c = schedule_versions.c


@dataclass(frozen=True, slots=True)
class _Phase:
    id: str
    start: date
    end: date | None
    price_ids: tuple[str, ...]
    resets: bool
    discounts: tuple[Discount, ...]
    minimums: tuple[Minimum, ...]
    milestone: bool


@dataclass(frozen=True, slots=True)
class _Terms:
    """What may differ between two versions. Prices are never changed, so their ids say enough."""

    start: date
    end: date | None
    billing_day: int | None
    phases: tuple[_Phase, ...]


def replaced(tx: Connection, workspace: str, before: Schedule, now: datetime) -> None:
    """Keep what was in force until ``now``: from here on the next version is."""
    tx.execute(
        insert(schedule_versions).values(
            schedule_id=before.id,
            version=before.version,
            workspace_id=workspace,
            replaced_at=now,
            terms=msgspec.to_builtins(_terms(before)),
        )
    )
    head = billing_schedules.c
    tx.execute(
        update(billing_schedules).where(head.id == before.id).values(version=before.version + 1)
    )


def replaced_at(tx: Connection, schedule_id: str, version: int) -> datetime | None:
    """When that version of a schedule was replaced; None where it is in force."""
    query = select(_c.replaced_at).where(_c.schedule_id == schedule_id, _c.version == version)
    return tx.execute(query).scalar_one_or_none()


def earlier(tx: Connection, schedule: Schedule) -> list[Schedule]:
    """What the schedule was before the version that is given, the latest first."""
    if not schedule.version:
        return []
    mine = and_(_c.schedule_id == schedule.id, _c.version < schedule.version)
    return _of(tx, {schedule.id: schedule}, mine)[schedule.id]


def all_of(
    tx: Connection, workspace: str, known: Iterable[Schedule]
) -> Mapping[str, list[Schedule]]:
    """What those of ``known`` were before that were ever agreed anew, the latest first."""
    changed = {one.id: one for one in known if one.version}
    return _of(tx, changed, _c.workspace_id == workspace) if changed else {}


def _of(
    tx: Connection, known: Mapping[str, Schedule], wanted: ColumnElement[bool]
) -> Mapping[str, list[Schedule]]:
    query = select(_c.schedule_id, _c.version, _c.terms).where(wanted)
    rows = [
        (known[id], version, msgspec.convert(terms, _Terms))
        for id, version, terms in tx.execute(query.order_by(_c.schedule_id, _c.version.desc()))
        if id in known
    ]
    priced = {id for _, _, terms in rows for phase in terms.phases for id in phase.price_ids}
    items = _items(tx, priced)
    found: defaultdict[str, list[Schedule]] = defaultdict(list)
    for schedule, version, terms in rows:
        found[schedule.id].append(
            replace(
                schedule,
                start=terms.start,
                end=terms.end,
                billing_day=terms.billing_day,
                phases=tuple(_phase(one, items) for one in terms.phases),
                archived_at=None,
                version=version,
            )
        )
    return found


def _items(tx: Connection, ids: Collection[str]) -> Mapping[str, PricedItem]:
    found: dict[str, PricedItem] = {}
    for part in chunks(sorted(ids)):
        found |= prices.items(tx, select(price_rows.c.id).where(price_rows.c.id.in_(part)))
    return found


def _terms(one: Schedule) -> _Terms:
    phases = (
        _Phase(
            phase.id,
            phase.start,
            phase.end,
            tuple(item.id for item in phase.items),
            phase.resets,
            phase.discounts,
            phase.minimums,
            phase.milestone,
        )
        for phase in one.phases
    )
    return _Terms(one.start, one.end, one.billing_day, tuple(phases))


def _phase(one: _Phase, items: Mapping[str, PricedItem]) -> Phase:
    return Phase(
        one.id,
        one.start,
        one.end,
        tuple(items[id] for id in one.price_ids),
        one.resets,
        one.discounts,
        one.minimums,
        (),
        one.milestone,
    )
