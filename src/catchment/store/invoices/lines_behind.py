"""Charges billed for good that depend on others which were measured again since.

What a discount or a minimum comes to depends on other charges of its schedule. Where all stand on
one invoice they are adjusted together. Where they do not, one may have to wait for the next invoice
of its own, and by then nothing is late any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, tuple_

from catchment.core.terms.schedules import ChargeId
from catchment.store.chunks import chunks
from catchment.store.invoices.adjustments import ADJUSTING
from catchment.store.invoices.invoices import ISSUED
from catchment.store.schema import invoices, line_items
from catchment.store.schema import late_looks as looks
from catchment.store.usage import late_looks

_line = line_items.c
_again, _own = line_items.alias("again").c, line_items.alias("own").c
_again_head, _own_head = invoices.alias("again_head").c, invoices.alias("own_head").c
_CHARGE, _AGAIN, _OWN = (
    (c.schedule_id, c.price_id, c.service_start, c.part) for c in (_line, _again, _own)
)
_BILLED_AGAIN = ADJUSTING | (_line.live_key != literal("", literal_execute=True))


def behind(
    tx: Connection, workspace_id: str, hosts: Collection[str] | None = None
) -> dict[ChargeId, set[ChargeId]]:
    """What was measured again, with the charges of the same schedule and time that were looked at
    last before that, on issued invoices of ``hosts`` (None: of all schedules) where it is not.

    Measured again is what was adjusted, or billed whole once more after it was voided.
    """
    found: dict[ChargeId, set[ChargeId]] = {}
    for ids in [None] if hosts is None else chunks(sorted(hosts)):
        of_hosts: list[ColumnElement[bool]] = []
        if ids is not None:
            mine = _own_head.workspace_id == workspace_id
            of_hosts = [mine, _own_head.billing_schedule_id.in_(ids)]
        rows = tx.execute(_again_charged(workspace_id, of_hosts))
        again = [tuple(row) for row in rows]
        for part in chunks(again, 1_000):  # mostly none
            for row in tx.execute(_behind(part, of_hosts)):
                charge, own = tuple(row[: len(_AGAIN)]), tuple(row[len(_AGAIN) :])
                found.setdefault(charge, set()).add(own)
    return found


def _again_charged(workspace_id: str, of_hosts: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """What was measured again of a workspace, or of the schedules that are charged on invoices
    whose ``_own_head`` is ``of_hosts``.
    """
    found = select(*_CHARGE).where(_line.workspace_id == workspace_id, _BILLED_AGAIN).distinct()
    if not of_hosts:
        return found
    charging = select(_own.schedule_id).where(_own_head.id == _own.invoice_id, *of_hosts)
    return found.where(_line.schedule_id.in_(charging))


def _behind(again: Sequence[Any], of_hosts: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Of the charges ``again`` those that others are behind, and these."""
    return (
        select(*_AGAIN, *_OWN)
        .select_from(_again.id.table)
        .join(_again_head.id.table, _again_head.id == _again.invoice_id)
        .join(
            _own.id.table,
            and_(
                _own.schedule_id == _again.schedule_id,
                _own.service_start < _again.service_end,
                _own.service_end > _again.service_start,
                tuple_(*_OWN) != tuple_(*_AGAIN),
            ),
        )
        .join(_own_head.id.table, _own_head.id == _own.invoice_id)
        .join(looks, late_looks.at(_own), isouter=True)
        .where(
            tuple_(*_AGAIN).in_(again),
            _again.live_key == "",
            _own.live_key == "",
            _again_head.status.in_(ISSUED),
            _own_head.status.in_(ISSUED),
            or_(
                _own_head.billing_schedule_id != _again_head.billing_schedule_id,
                _own_head.customer_id != _again_head.customer_id,
            ),
            *of_hosts,
        )
        .group_by(*_AGAIN, *_OWN)
        .having(
            or_(
                func.max(_again.last_seq) > func.max(late_looks.last_seq(_own)),
                func.max(_again.known_at) > func.max(late_looks.known_at(_own)),
            )
        )
    )
