"""Who works for a workspace: of all processes one at a time, for each purpose.

A lease spares work and protects nothing. Whoever works without one does what another does too: of
usage events it finds the rows gone when it comes to delete them, and throws its work away; of
invoices it finds the keys taken. So it may be lost at any moment.

It ends with the process that holds it, however that ends: PostgreSQL ends the transaction of a
client that is gone, the operating system lets go of a file. No clock is asked, so nobody loses it
by being slow.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from catchment.store.engine import lock, open_connection, try_lock

_WHILE_HELD = text(
    # A transaction that only holds a lock is idle for as long as the work takes.
    "SELECT set_config('idle_in_transaction_session_timeout', '0', true),"
    # A machine that vanished without a word is found out after 25 seconds, not after two hours.
    " set_config('tcp_keepalives_idle', '10', true),"
    " set_config('tcp_keepalives_interval', '5', true),"
    " set_config('tcp_keepalives_count', '3', true)"
)


@contextmanager
def held(engine: Engine, purpose: str, workspace_id: str, *, wait: bool) -> Iterator[bool]:
    """Whether the block has the workspace's lease for ``purpose``; if it may ``wait``, it has.

    On SQLite all processes are on one machine, and lock a file beside the database's; on PostgreSQL
    nothing but the database is shared.
    """
    if engine.dialect.name == "postgresql":
        holding = _by_transaction(engine, f"{purpose}-lease", workspace_id, wait=wait)
    else:
        assert engine.url.database, engine.url
        folder = Path(engine.url.database).parent / "leases"
        holding = _by_file(folder, f"{purpose}-{workspace_id}", wait=wait)
    with holding as mine:
        yield mine


@contextmanager
def _by_transaction(engine: Engine, *names: str, wait: bool) -> Iterator[bool]:
    """A transaction of its own that does nothing else: a pooler keeps its connection together."""
    with open_connection(engine) as tx:
        tx.execute(_WHILE_HELD)
        mine = try_lock(tx, *names)
        if not mine and wait:
            lock(tx, *names)
        try:
            yield mine or wait
        finally:
            with suppress(DBAPIError):  # where the connection is lost, so is the lease
                tx.rollback()


@contextmanager
def _by_file(folder: Path, name: str, *, wait: bool) -> Iterator[bool]:
    """A lock on a file that is never removed: two must not hold the locks of two files."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("ab") as file:  # closing it lets go of the lock
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            mine = False
        else:
            mine = True
        yield mine
