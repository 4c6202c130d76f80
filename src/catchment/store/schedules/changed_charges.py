"""Which charges on issued invoices were agreed anew, and so may cost something else by now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, delete, insert, select, tuple_

from catchment.core.terms.schedules import ChargeId
from catchment.store.chunks import chunks
from catchment.store.schema import changed_charges, invoices, line_items

_c, _line = changed_charges.c, line_items.c
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


def of(tx: Connection, workspace: str, hosts: Collection[str] | None = None) -> set[ChargeId]:
    """Those that stand on invoices of the schedules ``hosts`` (None: all there are)."""
    found: set[ChargeId] = set()
    for ids in [None] if hosts is None else chunks(sorted(hosts)):
        query = select(*_CHARGE).distinct().where(_c.workspace_id == workspace)
        if ids is not None:
            billed = and_(
                _line.workspace_id == workspace,
                *(_line[column.name] == column for column in _CHARGE),
                _line.live_key == "",
            )
            query = query.join(line_items, billed).join(invoices, invoices.c.id == _line.invoice_id)
            # The workspace once more: with it the invoices are found first, then their lines.
            query = query.where(
                invoices.c.workspace_id == workspace, invoices.c.billing_schedule_id.in_(ids)
            )
        found.update(tuple(row) for row in tx.execute(query))
    return found
