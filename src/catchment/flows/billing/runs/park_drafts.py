"""Drafts that are out of bounds: kept, told of, and left to a person to issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import Connection

from catchment.core.control import Failure
from catchment.core.control.bounds import breach
from catchment.store.access import Workspace
from catchment.store.billing import bounds
from catchment.store.invoices.invoices import Invoice, Status


def parked(tx: Connection, workspace: Workspace, checked: Sequence[Invoice]) -> Iterator[Failure]:
    """The drafts among ``checked`` that must not be issued by themselves, and why.

    ``tx`` is only read from.
    """
    drafts = [one for one in checked if one.status is Status.DRAFT and one.schedule_id]
    kept = bounds.of(tx, workspace.id)
    lines = bounds.line_counts(tx, [one.id for one in drafts])
    jumping = {one.schedule_id or "" for one in drafts if kept.comparable(one.net)}
    issued = bounds.issued_before(tx, workspace.id, jumping)
    for one in drafts:
        before = [
            other.net
            for other in issued.get(one.schedule_id or "", ())
            if other.due_on < (one.due_on or date.max) and other.of_a_day == _is_of_a_day(one)
        ]
        found = breach(kept, one.net, lines.get(one.id, 0), before)
        if found is not None:
            code, reason = found
            yield Failure(one.customer_id, one.schedule_id or "", reason, code, one.id)


def _is_of_a_day(one: Invoice) -> bool:
    """Whether it bills a single day: what that comes to says nothing of a month."""
    return one.billing_period is not None and one.billing_period.days == 1
