"""Segments in the place of others, at once: the only way in which files come and go.

Files are written first. Then one transaction, under a lock that all who exchange segments take,
removes the old ones from the manifest and names the new ones. Whoever finds an old one gone has
lost against another who did the same work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from catchment.store.engine import writing
from catchment.store.usage import usage_homes
from catchment.usage.embedded import segments
from catchment.usage.embedded.segments import Segment
from catchment.usage.intake.waiting import Lost


@contextmanager
def named_or_gone(engine: Engine, data_dir: Path, workspace_id: str) -> Iterator[list[Segment]]:
    """Segments made in the block, whose files are removed if it fails.

    After a COMMIT that failed nobody knows whether it happened. Whoever gets the lock knows that it
    is over, and the manifest tells. Where that cannot be asked either, the files are swept later.
    """
    made: list[Segment] = []
    try:
        yield made
    except BaseException:
        with suppress(OSError, DBAPIError), writing(engine) as tx:
            usage_homes.hold(tx, workspace_id)
            named = {one.id for one in segments.manifest(tx, workspace_id)}
            segments.discard(data_dir, [one for one in made if one.id not in named])
        raise


def exchange(
    engine: Engine,
    data_dir: Path,
    workspace_id: str,
    old: Sequence[Segment],
    make: Callable[[], Segment | None],
) -> None:
    """Put what ``make`` makes, a segment or nothing, in the place of ``old``. Raises Lost."""
    with named_or_gone(engine, data_dir, workspace_id) as made:
        new = make()
        if new is not None:
            made.append(new)
        with writing(engine) as tx:
            usage_homes.hold(tx, workspace_id)
            if not segments.remove(tx, workspace_id, old):
                raise Lost
            segments.add(tx, workspace_id, made)
    segments.retire(data_dir, old)
