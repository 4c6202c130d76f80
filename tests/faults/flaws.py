"""Ways to break the product that the checker must notice."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

from catchment.store.engine import reading, writing
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
        loader.catch_up = _one_at_a_time(loader.catch_up)


def _in_two(*, last: bool) -> Any:
    """A loader with two commits."""

    def load(engine: Any, data_dir: Path, workspace_id: str, db: Any, batch: Any) -> None:
        with reading(engine) as tx:
            known = segments.manifest(tx, workspace_id)
        with db.cursor() as cursor:
            found = loader.superseded(cursor, batch.events, data_dir, known)
        fresh = list(loader._written(data_dir, workspace_id, batch, found))
        changes = [
            lambda tx: inbox.remove(tx, workspace_id, batch.rows),
            lambda tx: segments.add(tx, workspace_id, fresh),
        ]
        for change in reversed(changes) if last else changes:
            with writing(engine) as tx:
                change(tx)

    return load


def _one_at_a_time(load: Any) -> Any:
    """So that nothing but a fault brings the flaw to light."""
    mutex = Lock()

    def alone(*arguments: Any) -> Any:
        with mutex:
            return load(*arguments)

    return alone
