"""Up to where charges were looked at because something came late for them, and cost the same.

What a line was measured by is what was read for it, or the look at its charge if that was later:
``at`` joins the look, and ``last_seq`` and ``known_at`` say what of both is the last.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, insert, select, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from catchment.core.terms.schedules import ChargeId
from catchment.store.chunks import chunks
from catchment.store.schema import late_looks, line_items

_c = late_looks.c
_CHARGE = (_c.schedule_id, _c.price_id, _c.service_start, _c.part)


_Line = ReadOnlyColumnCollection[str, Any]
"""The columns of lines, under whatever alias."""


def at(line: _Line) -> ColumnElement[bool]:
    """Whether a look was at the charge of ``line``."""
    return and_(*(column == line[column.name] for column in _CHARGE))


def last_seq(line: _Line) -> ColumnElement[int]:
    """The place up to which events count for ``line``, or were looked at for it since."""
    return case((_c.last_seq > line.last_seq, _c.last_seq), else_=line.last_seq)


def known_at(line: _Line) -> ColumnElement[datetime]:
    """When the tree and the names were known for ``line``, or were for a look at it since."""
    return case((_c.known_at > line.known_at, _c.known_at), else_=line.known_at)


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
