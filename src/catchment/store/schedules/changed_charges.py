"""Which charges on issued invoices were agreed anew, and so may cost something else by now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select, tuple_

from catchment.core.schedules import ChargeId
from catchment.store.chunks import chunks
from catchment.store.schema import changed_charges

_c = changed_charges.c
_CHARGE = (_c.schedule_id, _c.price_id, _c.service_start, _c.part)


def note(tx: Connection, workspace: str, charges: Collection[ChargeId]) -> None:
    """These charges were agreed anew, maybe again."""
    for part in chunks(sorted(charges), 1_000):
        tx.execute(delete(changed_charges).where(tuple_(*_CHARGE).in_(part)))
        rows = [
            dict(zip((column.name for column in _CHARGE), one, strict=True))
            | {"workspace_id": workspace}
            for one in part
        ]
        tx.execute(insert(changed_charges), rows)


def of(tx: Connection, workspace: str) -> set[ChargeId]:
    """All there are."""
    query = select(*_CHARGE).where(_c.workspace_id == workspace)
    return {(schedule, price, start, part) for schedule, price, start, part in tx.execute(query)}
