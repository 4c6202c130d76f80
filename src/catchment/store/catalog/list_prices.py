"""The catalogue: list prices, copied into a price of its own wherever one is used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from catchment.core.values.errors import NotFound
from catchment.store.catalog import price_terms
from catchment.store.catalog.price_terms import PriceFilter, Terms, columns_of, terms_of
from catchment.store.chunks import chunks
from catchment.store.paging import Page, PageRequest
from catchment.store.schema import list_prices


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A price of the catalogue, copied into a price of its own wherever it is used."""

    id: str
    terms: Terms
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


def add(tx: Connection, workspace: str, new: ListPrice) -> None:
    """Keep a new list price."""
    tx.execute(insert(list_prices).values(columns_of(workspace, new)))


def save(tx: Connection, workspace: str, price: ListPrice) -> None:
    """Replace what is kept of a list price."""
    tx.execute(
        update(list_prices)
        .where(list_prices.c.id == price.id)
        .values(archived_at=price.archived_at, **columns_of(workspace, price))
    )


def one(tx: Connection, workspace: str, id: str, *, to_change: bool = False) -> ListPrice:
    """The list price, locked until the end of the transaction if ``to_change``. Raises NotFound."""
    query = _list_prices(workspace).where(list_prices.c.id == id)
    row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no list price {id}.")
    return _list_price(row)


def some(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, ListPrice]:
    """Those of ``ids`` that exist, by id."""
    query = _list_prices(workspace)
    return {
        row.id: _list_price(row)
        for part in chunks(sorted(set(ids)))
        for row in tx.execute(query.where(list_prices.c.id.in_(part)))
    }


def listed(
    tx: Connection,
    workspace: str,
    request: PageRequest,
    wanted: PriceFilter,
    *,
    include_archived: bool,
) -> tuple[Page, list[ListPrice]]:
    """A page of the list prices ``wanted``."""
    query = _list_prices(workspace)
    if not include_archived:
        query = query.where(list_prices.c.archived_at.is_(None))
    found = price_terms.listed(tx, list_prices, query, request, wanted)
    return found, [_list_price(row) for row in found.rows]


def newest_of_products(
    tx: Connection, workspace: str, product_ids: Collection[str], most: int
) -> dict[str, list[ListPrice]]:
    """Up to ``most`` unarchived list prices of each product, newest first."""
    query = _list_prices(workspace).where(list_prices.c.archived_at.is_(None))
    found: dict[str, list[ListPrice]] = {id: [] for id in product_ids}
    for row in price_terms.newest_of_products(tx, list_prices, query, product_ids, most):
        found[row.product_id].append(_list_price(row))
    return found


def _list_prices(workspace: str) -> Select[tuple[Any, ...]]:
    return select(list_prices).where(list_prices.c.workspace_id == workspace)


def _list_price(row: Row[Any]) -> ListPrice:
    return ListPrice(row.id, terms_of(row), row.created_at, row.updated_at, row.archived_at)
