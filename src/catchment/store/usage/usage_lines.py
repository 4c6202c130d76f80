"""Lines that were measured by events of before a day: what cannot be made again without those."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Connection, Exists, exists, func, select

from catchment.core.usage.metering import Aggregation
from catchment.store.invoices.invoices import ISSUED
from catchment.store.schema import invoices, line_items

_head, _line = invoices.c, line_items.c


def drafts_before(tx: Connection, workspace_id: str, day: date) -> list[tuple[str, date | None]]:
    """Whose drafts bill usage of before ``day``, and when those are due; by name."""
    query = (
        select(_head.customer_legal_name, _head.due_on)
        .distinct()
        .join(line_items, _line.invoice_id == _head.id)
        .where(_head.workspace_id == workspace_id, _head.status == "DRAFT", *_before(day))
        .order_by(_head.customer_legal_name, _head.due_on)
    )
    return [(name, due_on) for name, due_on in tx.execute(query)]


def issued_before(tx: Connection, workspace_id: str, day: date, since: date | None = None) -> int:
    """How many issued invoices bill usage of before ``day`` and none of before ``since``."""
    old = () if since is None else (~_has_line_before(since),)
    query = select(func.count(_head.id)).where(
        _head.workspace_id == workspace_id,
        _head.status.in_(ISSUED),
        _has_line_before(day),
        *old,
    )
    return int(tx.execute(query).scalar_one())


def needs_before(tx: Connection, invoice_ids: Collection[str], day: date) -> set[str]:
    """Those of some invoices that bill usage of before ``day``."""
    query = select(_line.invoice_id).where(_line.invoice_id.in_(invoice_ids), *_before(day))
    return set(tx.execute(query).scalars())


def stands_from_before(tx: Connection, workspace_id: str, day: date) -> bool:
    """Whether something was billed of ``day`` or later by what stood before."""
    query = select(
        exists().where(
            _head.workspace_id == workspace_id,
            _line.invoice_id == _head.id,
            _line.live_key == "",
            _line.aggregation == Aggregation.TIME_WEIGHTED_SUM,
            _line.service_end > day,
        )
    )
    return bool(tx.execute(query).scalar_one())


def _before(day: date) -> tuple[ColumnElement[bool], ...]:
    of_events = _line.aggregation != Aggregation.SEATS
    reads_from = func.coalesce(_line.tiers_from, _line.service_start)
    return (
        _line.usage_metric_id.is_not(None),
        of_events,
        reads_from < day,
        _line.live_key == "",
    )


def _has_line_before(day: date) -> Exists:
    return exists().where(_line.invoice_id == _head.id, *_before(day))
