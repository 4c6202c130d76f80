"""How far each import of a file has come.

Written in the transaction that keeps the events, so it never says more or less than is kept: a file
that is sent again goes on at exactly the row after the last one acknowledged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from catchment.core.values.errors import Conflict
from catchment.store.engine import lock
from catchment.store.schema import usage_imports

MOST_REFUSALS = 100
"""Of how many refused rows the reasons are kept."""


class ImportInProgress(Conflict):
    """Another upload is sending this import; wait for its end."""

    code = "import_in_progress"


@dataclass(frozen=True, slots=True)
class Progress:
    """``rows`` were read, and each was accepted or refused.

    ``refusals`` are the first MOST_REFUSALS as they are answered: ``{row, errors}``.
    """

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    refusals: tuple[dict[str, Any], ...] = ()

    def and_then(self, rows: int, accepted: int, refusals: tuple[dict[str, Any], ...]) -> Progress:
        """What it is after ``rows`` more, of which ``accepted`` were kept."""
        return Progress(
            self.rows + rows,
            self.accepted + accepted,
            self.refused + rows - accepted,
            (self.refusals + refusals)[:MOST_REFUSALS],
        )


def progress(tx: Connection, workspace_id: str, name: str) -> Progress | None:
    """How far the import called ``name`` is; None where there is none."""
    c = usage_imports.c
    row = tx.execute(
        select(c.row_count, c.accepted, c.refused, c.refusals).where(
            c.workspace_id == workspace_id, c.name == name
        )
    ).one_or_none()
    return None if row is None else Progress(row[0], row[1], row[2], tuple(row[3]))


def advance(
    tx: Connection, workspace_id: str, name: str, before: Progress, after: Progress, at: datetime
) -> None:
    """Note that an import has come from ``before`` to ``after``.

    Raises ImportInProgress where it was no longer at ``before``.
    """
    lock(tx, "usage-import", workspace_id, name)
    c = usage_imports.c
    values = {
        "row_count": after.rows,
        "accepted": after.accepted,
        "refused": after.refused,
        "refusals": list(after.refusals),
        "updated_at": at,
    }
    mine = (c.workspace_id == workspace_id) & (c.name == name)
    if before.rows == 0 and progress(tx, workspace_id, name) is None:
        new = {"workspace_id": workspace_id, "name": name, "created_at": at}
        tx.execute(insert(usage_imports).values(**new, **values))
        return
    moved = tx.execute(
        update(usage_imports).where(mine, c.row_count == before.rows).values(**values)
    )
    if moved.rowcount != 1:
        raise ImportInProgress
