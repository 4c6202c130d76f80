"""Up to where charges were looked at because something came late for them, and cost the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, tuple_

from catchment.core.terms.schedules import ChargeId
from catchment.store.chunks import chunks
from catchment.store.schema import late_looks, line_items

_c = late_looks.c
_CHARGE = (_c.schedule_id, _c.price_id, _c.service_start, _c.part)


def note(
    tx: Connection,
    workspace_id: str,
    charges: Collection[ChargeId],
    last_seq: int,
    known_at: datetime,
) -> None:
    """These charges cost what was billed, by all events and names up to there."""
    for part in chunks(sorted(charges), 1_000):
        tx.execute(delete(late_looks).where(tuple_(*_CHARGE).in_(part)))
        tx.execute(
            insert(late_looks),
            [
                {
                    "workspace_id": workspace_id,
                    "schedule_id": schedule,
                    "price_id": price,
                    "service_start": start,
                    "part": of,
                    "last_seq": last_seq,
                    "known_at": known_at,
                }
                for schedule, price, start, of in part
            ],
        )


def forget(tx: Connection, invoice_id: str) -> None:
    """What is on the invoice is billed no more: what was seen of it says nothing."""
    c = line_items.c
    lines = select(c.schedule_id, c.price_id, c.service_start, c.part).where(
        c.invoice_id == invoice_id
    )
    tx.execute(delete(late_looks).where(tuple_(*_CHARGE).in_(lines)))
