"""Ways to break the product that the checker must notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catchment.store.engine import writing
from catchment.usage import inbox, loader, segments
from tests.faults.story import Say

FLAWS = {
    "answered early": "a request is answered before it is committed",
    "rows removed first": "what waits is removed before the files that hold it are named",
    "rows removed last": "files are named before what they hold has left the inbox",
    "files not synced": "files are named that a power cut takes away",
    "unsynced log": "the database forgets its last commit",
}


def saying(flaw: str | None, say: Say) -> Say:
    """How a life tells what it did."""
    if flaw != "answered early":
        return say

    def early(message: dict[str, Any]) -> None:
        say(message)
        if message["did"] == "send":
            say({**message, "did": "answer"})

    return early


def install(flaw: str | None) -> None:
    """Break the process this is called in."""
    if flaw == "files not synced":
        segments._sync = lambda _: None
    if flaw in {"rows removed first", "rows removed last"}:
        loader._load = _in_two(last=flaw == "rows removed last")


def _in_two(*, last: bool) -> Any:
    """A loader with two commits."""

    def load(engine: Any, data_dir: Path, workspace_id: str, db: Any, batch: Any) -> None:
        with db.cursor() as cursor:
            found = loader.superseded(cursor, batch.events, data_dir, [])
        fresh = list(loader._written(data_dir, workspace_id, batch, found))
        changes = [
            lambda tx: inbox.remove(tx, workspace_id, batch.rows),
            lambda tx: segments.add(tx, workspace_id, fresh),
        ]
        for change in reversed(changes) if last else changes:
            with writing(engine) as tx:
                change(tx)

    return load
