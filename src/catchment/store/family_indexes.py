"""The families of a workspace as arrays, kept in this process for as long as the tree is the same.

An index is read in one scan and then asked in milliseconds. It is kept under the stamp of the tree
it was read from, which is another one after every change; so whoever looks the stamp up in its own
transaction never gets the index of another tree.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from catchment.core.family_index import NEVER, TOP, FamilyIndex
from catchment.store.links import stamp

MOST_KEPT = 4
"""How many workspaces' families are kept; of a million customers they take about 250 MB."""
_AT_ONCE = 100_000
_LINKS = (
    "SELECT customer_id, parent_id, effective_from, effective_to FROM customer_links"
    " WHERE superseded_at IS NULL AND workspace_id = "
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_kept: OrderedDict[str, tuple[str, FamilyIndex]] = OrderedDict()
_lock = threading.Lock()


def of(tx: Connection, workspace: str) -> FamilyIndex:
    """The families as ``tx`` sees them, by links believed now."""
    now = stamp(tx, workspace)
    with _lock:
        known = _kept.get(workspace)
    if known is not None and known[0] == now:
        return known[1]
    made = read(tx, workspace)
    if stamp(tx, workspace) == now:  # else someone committed a change between the two reads
        with _lock:
            _kept[workspace] = now, made
            _kept.move_to_end(workspace)
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return made


def read(tx: Connection, workspace: str) -> FamilyIndex:
    """The families from the database, whatever is kept.

    Through the driver itself: a million rows made into SQLAlchemy's take three times as long.
    """
    mark = "?" if tx.dialect.paramstyle == "qmark" else "%s"
    cursor = tx.connection.cursor()
    try:
        cursor.execute(_LINKS + mark, (workspace,))
        columns: tuple[list[Any], ...] = ([], [], [], [])
        while rows := cursor.fetchmany(_AT_ONCE):
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column.extend(values)
    finally:
        cursor.close()
    customers, parents, starts, ends = columns
    numbers: dict[str | None, int] = dict.fromkeys(customers, 0)
    numbers |= dict.fromkeys(parents, 0)
    numbers.pop(None, None)
    ids = [id for id in numbers if id is not None]
    numbers = dict(zip(ids, range(len(ids)), strict=True))
    numbers[None] = TOP
    instants = {at: _micros(at) for at in {*starts, *ends}}
    return FamilyIndex(
        ids,
        _array(numbers, customers, np.int32),
        _array(numbers, parents, np.int32),
        _array(instants, starts, np.int64),
        _array(instants, ends, np.int64),
    )


def micros(at: datetime) -> int:
    """An instant as the index has it: microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def _array(meaning: Mapping[Any, int], values: Iterable[Any], kind: Any) -> Any:
    return np.fromiter(map(meaning.__getitem__, values), kind)


def _micros(stored: Any) -> int:
    """SQLite keeps instants as text in UTC."""
    if stored is None:
        return NEVER
    if isinstance(stored, str):
        return micros(datetime.fromisoformat(stored).replace(tzinfo=UTC))
    return micros(stored)
