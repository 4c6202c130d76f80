"""Links as columns, each read in one piece: a million rows without a Python object for each.

The database writes what a column holds one after another, in widths that are all the same, and
arrays look at the bytes. That goes up to 20,000,000 links of a workspace, where one piece is as
large as a value may be.
"""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from catchment.core.families.family_index import Instants
from catchment.core.values.numbering import KEY, Keys, keys

_PLACES = (
    " FROM customer_links WHERE superseded_at IS NULL AND parent_id IS NOT NULL AND workspace_id = "
)
_FROM_SQLITE = (
    "SELECT CAST(group_concat(customer_id, '') AS BLOB), CAST(group_concat(parent_id, '') AS BLOB),"
    " CAST(group_concat(effective_from, '') AS BLOB),"
    " CAST(group_concat(ifnull(effective_to, '9999-12-31 00:00:00.000000'), '') AS BLOB)"
    + _PLACES
    + "?"
)
_FROM_POSTGRESQL = (
    "SELECT string_agg(uuid_send(customer_id::uuid) || uuid_send(parent_id::uuid)"
    " || timestamptz_send(effective_from)"
    " || timestamptz_send(coalesce(effective_to, '9999-12-31T00:00Z')), '')" + _PLACES + "%s"
)
_LINK = np.dtype([("customer", KEY), ("parent", KEY), ("start", ">i8"), ("end", ">i8")])
_TEXT = np.dtype("S26")
_MILLENNIUM = np.datetime64("2000-01-01", "us").astype(np.int64)
"""From where PostgreSQL counts microseconds."""


class LinkColumns(NamedTuple):
    """Links that put a customer below a parent, as ``core.families.family_index`` takes them."""

    customer: Keys
    parent: Keys
    start: Instants
    end: Instants


def read(tx: Connection, workspace: str) -> LinkColumns:
    """The links believed now, in no particular order."""
    if tx.dialect.name == "postgresql":
        return _from_postgresql(tx, workspace)
    customers, parents, starts, ends = tx.exec_driver_sql(_FROM_SQLITE, (workspace,)).one()
    return LinkColumns(
        keys(customers or b""), keys(parents or b""), _instants(starts), _instants(ends)
    )


def _from_postgresql(tx: Connection, workspace: str) -> LinkColumns:
    """Through the driver itself, which else would be sent every byte as two digits."""
    with closing(tx.connection.cursor(binary=True)) as cursor:
        cursor.execute(_FROM_POSTGRESQL, (workspace,))
        [(found,)] = cursor.fetchall()
    links = np.frombuffer(found or b"", _LINK)
    start, end = (links[name].astype(np.int64) + _MILLENNIUM for name in ("start", "end"))
    return LinkColumns(links["customer"], links["parent"], start, end)


def _instants(texts: bytes | None) -> Instants:
    return np.frombuffer(texts or b"", _TEXT).astype("datetime64[us]").astype(np.int64)
