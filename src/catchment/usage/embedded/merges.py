"""Merging what has become many, on its own or beside loading.

Merging exchanges files for one with the same rows, so who loads meanwhile need not know: it adds
files of its own, and reads those that were there when it looked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from catchment.store.engine import reading
from catchment.usage.embedded import duck, merging, segments
from catchment.usage.embedded.exchanging import exchange
from catchment.usage.embedded.segments import Segment
from catchment.usage.intake.waiting import Lost

Choose = Callable[[Sequence[Segment]], list[Segment]]
"""Which of the segments that count, oldest first, are to be one; none if all is well."""

_ATTEMPTS = 50


class Merger:
    """Merges in a thread, one crowd after the other; what fails is raised to whoever asks next."""

    def __init__(self, thread: Executor, merge_all: Callable[[Choose], None]) -> None:
        self._thread = thread
        self._merge_all = merge_all
        self._begun: set[Future[None]] = set()

    def begin(self, choose: Choose) -> None:
        """Merge while some are chosen, once what was begun before has ended."""
        self.is_at_it(0)
        self._begun.add(self._thread.submit(self._merge_all, choose))

    def is_at_it(self, seconds: float) -> bool:
        """Whether it is still merging after so many seconds; as soon as it is not."""
        ended, self._begun = wait(self._begun, seconds)
        for one in ended:
            one.result()
        return bool(self._begun)


def merge_all(
    engine: Engine,
    data_dir: Path,
    workspace_id: str,
    db: duck.Duck,
    choose: Choose,
) -> None:
    """Merge while some are chosen."""
    for _ in range(_ATTEMPTS):
        with reading(engine) as tx:
            chosen = choose(segments.manifest(tx, workspace_id))
        if not chosen:
            return
        with suppress(Lost, duck.Missing):
            _merge(engine, data_dir, workspace_id, db, chosen)


def _merge(
    engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck, crowd: Sequence[Segment]
) -> None:
    """Put one segment in the place of several. Which of them holds an event never matters."""
    kind = crowd[0].kind
    sources = segments.files(data_dir, crowd, kind)

    def merged() -> Segment:
        with db.cursor() as cursor:
            write = partial(merging.write, cursor, kind, sources)
            path = segments.new_file(data_dir, workspace_id, kind, write)
        return Segment(
            Path(path).stem,
            kind,
            path,
            sum(one.row_count for one in crowd),
            min(one.first_seq for one in crowd),
            max(one.last_seq for one in crowd),
            max(one.created_at for one in crowd),
            min((one.first_event_at for one in crowd if one.first_event_at), default=None),
            max((one.last_event_at for one in crowd if one.last_event_at), default=None),
        )

    exchange(engine, data_dir, workspace_id, crowd, merged)
