"""Sessions with ClickHouse: one for each snapshot, each with temporary tables of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from clickhouse_connect import get_client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from catchment.usage.clickhouse import schema
from catchment.usage.clickhouse.address import Address
from catchment.usage.storage import UsageUnavailable

_IDLE = 8
"""How many sessions are kept open for who comes next."""

_SECONDS = {"connect_timeout": 5, "send_receive_timeout": 600}
_SESSION_SECONDS = 900

_ALWAYS = {
    # An insert that was answered is a part on disk, and one that is repeated is never left out.
    "async_insert": 0,
    "insert_deduplicate": 0,
    # Nothing comes twice in one insert, and looking for it takes as long as the rest of it.
    "optimize_on_insert": 0,
    # A batch may be of many months: that makes many parts, whether or not at once.
    "max_partitions_per_insert_block": 0,
    # The rows that FINAL takes for one have the same time, and so are in the same month.
    "do_not_merge_across_partitions_select_final": 1,
}
_ON_SHARDS = {"distributed_foreground_insert": 1, "prefer_global_in_and_join": 1}
_ON_REPLICAS = {
    # Most replicas of a shard have what was inserted, and only those that have all are read.
    "insert_quorum": "auto",
    "insert_quorum_parallel": 0,
    "select_sequential_consistency": 1,
}

_AWAY = {
    81, 159, 192, 194, 202, 209, 210, 225, 241, 242, 243, 252, 279, 285, 286, 289, 319, 373, 425,
    497, 516, 999,
}  # fmt: skip
"""Codes of ClickHouse's for what is no fault of a query: who asks may not, or the server, its disk,
its memory or its replicas are not there or are too busy."""


class Clients:
    """Sessions with the ClickHouse at ``address``, used by one thread each."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._mutex = threading.Lock()
        self._idle: list[Any] = []
        self._storage: str | None = None

    @contextmanager
    def session(self) -> Iterator[Any]:
        """A client without temporary tables. Raises UsageUnavailable, at any point of the block."""
        client = None
        try:
            client = self._borrowed()
            yield client
            _forget_tables(client)
        except DatabaseError as error:
            self._end(client)
            if isinstance(error, OperationalError) or error.code in _AWAY:
                raise UsageUnavailable(f"{self.address.shown} cannot be used now.") from error
            raise
        except BaseException:
            self._end(client)
            raise
        self._returned(client)

    @property
    def storage(self) -> str:
        """The id of the storage there, which is known once there was a session."""
        assert self._storage is not None
        return self._storage

    def close(self) -> None:
        """End all sessions that nobody uses; new ones are opened when needed."""
        with self._mutex:
            idle, self._idle = self._idle, []
        for client in idle:
            self._end(client)

    def _borrowed(self) -> Any:
        with self._mutex:
            if self._idle:
                return self._idle.pop()
        if self._storage is None:
            first = self._opened("default")  # ours may not be there yet
            try:
                self._storage = schema.prepared(first, self.address)
            finally:
                self._end(first)
        return self._opened(self.address.database)

    def _opened(self, database: str) -> Any:
        address = self.address
        settings: dict[str, Any] = dict(_ALWAYS)
        if address.cluster is not None:
            settings |= _ON_SHARDS
        if address.replicated:
            settings |= _ON_REPLICAS
        more: dict[str, Any] = {}
        if not address.in_process:
            settings["session_timeout"] = _SESSION_SECONDS
            more = dict(_SECONDS)
        return get_client(database=database, settings=settings, **address.connection, **more)

    def _returned(self, client: Any) -> None:
        with self._mutex:
            if len(self._idle) < _IDLE:
                self._idle.append(client)
                return
        self._end(client)

    def _end(self, client: Any) -> None:
        if client is not None:
            with suppress(Exception):  # whatever is wrong with it, it is not needed any more
                client.close()


def _forget_tables(client: Any) -> None:
    """Drop the temporary tables of this session."""
    for (name,) in client.query("SELECT name FROM system.tables WHERE is_temporary").result_rows:
        client.command(f"DROP TEMPORARY TABLE {schema.quoted(name)}")
