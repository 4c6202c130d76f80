"""Gap-free numbers: taken in the transaction that uses them, so a rollback gives them back."""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from catchment.store.schema import sequences

INVOICE = "invoice"
SEAT_EVENT = "seat_event"
CREDIT_ENTRY = "credit_entry"


def take(tx: Connection, workspace_id: str, name: str, count: int = 1) -> range:
    """The next ``count`` numbers of a workspace's sequence, which starts at 1.

    Others who want some wait until ``tx`` ends: a number is never skipped and never given twice.
    """
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    first = insert(sequences).values(workspace_id=workspace_id, name=name, last=0)
    tx.execute(first.on_conflict_do_nothing())
    c = sequences.c
    mine = (c.workspace_id == workspace_id) & (c.name == name)
    taken = update(sequences).where(mine).values(last=c.last + count).returning(c.last)
    end = int(tx.execute(taken).scalar_one()) + 1
    return range(end - count, end)


def last(tx: Connection, workspace_id: str, name: str) -> int:
    """The number taken last; 0 where none was."""
    c = sequences.c
    mine = (c.workspace_id == workspace_id) & (c.name == name)
    return tx.execute(select(c.last).where(mine)).scalar() or 0
