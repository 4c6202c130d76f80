"""Aliases: the other names under which a customer's usage arrives.

A customer's id is always one of its names, and not listed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.errors import NotFound
from catchment.store.chunks import chunks
from catchment.store.engine import lock
from catchment.store.listed import among
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import customer_aliases, customers

_c = customer_aliases.c
_MANY = 500_000
"""From here on it is faster to read all names there are than to ask for so many."""


@dataclass(frozen=True, slots=True)
class Alias:
    """One name of a customer; from ``deleted_at`` on another may have it."""

    id: str
    customer: CustomerId
    value: str
    label: str | None
    created_at: datetime
    deleted_at: datetime | None = None


def hold(tx: Connection, workspace: str) -> None:
    """Be the only one to give names until the transaction ends.

    To be called before looking whose they are.
    """
    lock(tx, "aliases", workspace)


def owners(
    tx: Connection, workspace: str, values: Collection[str], known_at: datetime | None = None
) -> dict[str, CustomerId]:
    """Whose name each of ``values`` is, be it an alias or an id; free ones are left out."""
    if len(values) > _MANY:
        wanted = set(values)
        return {name: id for name, id in every_name(tx, workspace, known_at) if name in wanted}
    found: dict[str, CustomerId] = {}
    for part in chunks(values):
        ids = select(customers.c.id).where(
            customers.c.workspace_id == workspace, customers.c.id.in_(part)
        )
        found.update((id, id) for id in tx.execute(ids).scalars())
        found.update(
            (row.value, row.customer_id)
            for row in tx.execute(_known(workspace, known_at).where(_c.value.in_(part)))
        )
    return found


def every_name(
    tx: Connection, workspace: str, known_at: datetime | None = None
) -> Iterator[tuple[str, CustomerId]]:
    """Every name of the workspace, ids included, and whose it is."""
    ids = select(customers.c.id).where(customers.c.workspace_id == workspace)
    yield from ((id, id) for id in tx.execute(ids).scalars())
    names = _known(workspace, known_at).with_only_columns(_c.value, _c.customer_id)
    yield from (tuple(row) for row in tx.execute(names))


def of_customers(
    tx: Connection,
    workspace: str,
    ids: Collection[CustomerId],
    known_at: datetime | None = None,
) -> dict[CustomerId, list[Alias]]:
    """The aliases of each customer that has any, oldest first; now, or as they were then."""
    found: dict[CustomerId, list[Alias]] = {}
    for part in chunks(ids):
        # Filtered and sorted here: to spare itself either, SQLite would walk the whole workspace.
        query = _as_known(select(customer_aliases).where(_c.customer_id.in_(part)), known_at)
        for row in tx.execute(query):
            if row.workspace_id == workspace:
                found.setdefault(row.customer_id, []).append(of(row))
    for own in found.values():
        own.sort(key=attrgetter("id"))
    return found


def names_of(
    tx: Connection,
    workspace: str,
    ids: Collection[CustomerId],
    known_at: datetime | None = None,
) -> dict[CustomerId, tuple[str, ...]]:
    """The values of those aliases alone."""
    found: dict[CustomerId, list[tuple[str, str]]] = {}
    query = select(_c.workspace_id, _c.customer_id, _c.id, _c.value)  # as above
    named = _as_known(query.where(among(tx, _c.customer_id, ids)), known_at)
    for home, who, id, value in tx.execute(named).all():
        if home == workspace:
            found.setdefault(who, []).append((id, value))
    return {who: tuple([value for _, value in sorted(own)]) for who, own in found.items()}


def one(tx: Connection, workspace: str, id: str) -> Alias:
    """An alias that is not deleted. Raises NotFound."""
    row = tx.execute(_living(workspace).where(_c.id == id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"There is no alias {id} in this workspace.")
    return of(row)


def listing(tx: Connection, workspace: str, value: str | None, request: PageRequest) -> Page:
    """A page of rows: all aliases, or the one that is exactly ``value``."""
    query = _living(workspace)
    if value is not None:
        query = query.where(_c.value == value)
    return page(tx, query, request, id_column=_c.id)


def add(tx: Connection, workspace: str, new: Collection[Alias]) -> None:
    """Write new aliases down."""
    if new:
        tx.execute(
            insert(customer_aliases),
            [
                {
                    "id": one.id,
                    "workspace_id": workspace,
                    "customer_id": one.customer,
                    "value": one.value,
                    "label": one.label,
                    "created_at": one.created_at,
                    "live_key": "",
                }
                for one in new
            ],
        )


def relabel(tx: Connection, workspace: str, id: str, label: str | None) -> None:
    """Change an alias's label."""
    tx.execute(
        update(customer_aliases)
        .where(_c.id == id, _c.workspace_id == workspace)
        .values(label=label)
    )


def delete(tx: Connection, workspace: str, ids: Collection[str], at: datetime) -> None:
    """Free the names; the rows stay and tell who had them."""
    for part in chunks(ids):
        tx.execute(
            update(customer_aliases)
            .where(_c.id.in_(part), _c.workspace_id == workspace)
            .values(deleted_at=at, live_key=_c.id)
        )


def _living(workspace: str) -> Select[Any]:
    return _known(workspace, None)


def _known(workspace: str, at: datetime | None) -> Select[Any]:
    return _as_known(select(customer_aliases).where(_c.workspace_id == workspace), at)


def _as_known(aliases: Select[Any], at: datetime | None) -> Select[Any]:
    """Those that there were at an instant; None is now."""
    if at is None:
        return aliases.where(_c.deleted_at.is_(None))
    return aliases.where(_c.created_at <= at, or_(_c.deleted_at.is_(None), _c.deleted_at > at))


def of(row: Row[Any]) -> Alias:
    """The alias that a row tells of."""
    return Alias(row.id, row.customer_id, row.value, row.label, row.created_at, row.deleted_at)
