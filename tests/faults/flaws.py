"""Ways to break the product that the checker must notice."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from catchment.store.engine import reading, writing
from catchment.usage.embedded import loader, segments
from catchment.usage.intake import inbox
from tests.faults.steps import Fault, Steps
from tests.faults.story import Say

FLAWS = {
    "answered early": Fault.KILL,  # a request is answered before it is committed
    "rows removed first": Fault.KILL,  # what waits is gone before the files that hold it count
    "rows removed last": Fault.KILL,  # files count before what they hold has left the inbox
    "files not synced": Fault.POWER,  # files count that a power cut takes away
    "log not synced": Fault.TORN,  # SQLite forgets its last commit
}
"""Each with the fault that brings it to light."""


def install(flaw: str, steps: Steps, say: Say, chance: random.Random) -> Say:
    """Break the process this is called in, and have it die where that shows; how it then says things."""

    def perhaps_die() -> None:
        if chance.random() < 0.4:
            steps.die()

    if flaw == "files not synced":
        segments._sync = lambda _: None
    if flaw in {"rows removed first", "rows removed last"}:
        loader._load = _in_two(perhaps_die, last=flaw == "rows removed last")
        loader.catch_up = _one_at_a_time(loader.catch_up)
        return say

    def saying(message: dict[str, Any]) -> None:
        early = flaw == "answered early" and message["did"] == "send"
        say(message)
        if early:
            say({**message, "did": "answer"})
        if early or message["did"] == "answer":
            perhaps_die()

    return saying


def _in_two(perhaps_die: Callable[[], None], *, last: bool) -> Any:
    """A loader with two commits."""

    def load(engine: Any, data_dir: Path, workspace_id: str, db: Any, rows: Any, part: Any) -> None:
        with reading(engine) as tx:
            known = segments.manifest(tx, workspace_id)
        with db.cursor() as cursor:
            marks = loader.superseded(cursor, part.fresh, data_dir, known)
        fresh = list(loader._written(data_dir, workspace_id, part, marks))
        changes = [
            lambda tx: inbox.remove(tx, workspace_id, rows),
            lambda tx: segments.add(tx, workspace_id, fresh),
        ]
        first, second = reversed(changes) if last else changes
        with writing(engine) as tx:
            first(tx)
        perhaps_die()
        with writing(engine) as tx:
            second(tx)

    return load


def _one_at_a_time(load: Any) -> Any:
    """So that nothing but a fault brings the flaw to light."""
    mutex = Lock()

    def alone(*arguments: Any) -> Any:
        with mutex:
            return load(*arguments)

    return alone
