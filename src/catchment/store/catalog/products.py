"""Products: what is sold. A product's prices hang below it; archiving it only forbids new ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    exists,
    false,
    insert,
    or_,
    select,
    update,
)

from catchment.core.values.errors import NotFound
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import list_prices, prices, products


@dataclass(frozen=True, slots=True)
class Product:
    """``label`` is what invoices call it; without one they use ``name``."""

    id: str
    name: str
    label: str | None
    tax_category_id: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @property
    def title(self) -> str:
        """What an invoice calls it."""
        return self.label or self.name


def add(tx: Connection, workspace: str, product: Product) -> None:
    """Keep a new product."""
    tx.execute(insert(products).values(workspace_id=workspace, **_values(product)))


def save(tx: Connection, workspace: str, product: Product) -> None:
    """Replace what is kept of a product."""
    c = products.c
    mine = (c.workspace_id == workspace, c.id == product.id)
    tx.execute(update(products).where(*mine).values(**_values(product)))


def one(tx: Connection, workspace: str, id: str, *, to_change: bool = False) -> Product:
    """The product, locked until the end of the transaction if ``to_change``. Raises NotFound."""
    query = select(products).where(products.c.workspace_id == workspace, products.c.id == id)
    row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no product {id}.")
    return product_of(row)


def some(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, Product]:
    """Those of ``ids`` that exist, by id."""
    c = products.c
    rows = tx.execute(select(products).where(c.workspace_id == workspace, c.id.in_(ids)))
    return {row.id: product_of(row) for row in rows}


def listed(
    tx: Connection,
    workspace: str,
    request: PageRequest,
    *,
    name: str | None = None,
    include_archived: bool = True,
) -> Page:
    """A page of products; ``name`` is part of the name or label, in any case."""
    return page(
        tx,
        _query(workspace, name, include_archived=include_archived),
        request,
        id_column=products.c.id,
    )


def listed_for_billing(
    tx: Connection,
    workspace: str,
    request: PageRequest,
    *,
    name: str | None = None,
    tax_category_id: str | None = None,
    recognition_method: str | None = None,
) -> Page:
    """A page of products in use; one with a usage price is recognised by USAGE."""
    query = _query(workspace, name, include_archived=False)
    if tax_category_id is not None:
        query = query.where(products.c.tax_category_id == tax_category_id)
    match recognition_method:
        case None:
            pass
        case "USAGE":
            query = query.where(_has_usage())
        case "STRAIGHT_LINE":
            query = query.where(~_has_usage())
        case _:
            query = query.where(false())
    return page(tx, query, request, id_column=products.c.id)


def with_usage(tx: Connection, workspace: str, ids: Collection[str]) -> frozenset[str]:
    """Which of ``ids`` have a usage price."""
    c = products.c
    query = select(c.id).where(c.workspace_id == workspace, c.id.in_(ids), _has_usage())
    return frozenset(tx.execute(query).scalars())


def product_of(row: Row[tuple[object, ...]]) -> Product:
    """A row of ``products`` as a value."""
    return Product(
        row.id,
        row.name,
        row.label,
        row.tax_category_id,
        row.created_at,
        row.updated_at,
        row.archived_at,
    )


def _query(
    workspace: str, name: str | None, *, include_archived: bool
) -> Select[tuple[object, ...]]:
    c = products.c
    query = select(products).where(c.workspace_id == workspace)
    if name:
        query = query.where(
            or_(c.name.icontains(name, autoescape=True), c.label.icontains(name, autoescape=True))
        )
    return query if include_archived else query.where(c.archived_at.is_(None))


def _has_usage() -> ColumnElement[bool]:
    """Whether a price or list price in force measures usage."""
    return or_(
        exists().where(
            prices.c.product_id == products.c.id,
            prices.c.usage_metric_id.is_not(None),
            prices.c.deleted_at.is_(None),
        ),
        exists().where(
            list_prices.c.product_id == products.c.id,
            list_prices.c.usage_metric_id.is_not(None),
            list_prices.c.archived_at.is_(None),
        ),
    )


def _values(product: Product) -> dict[str, object]:
    return {
        "id": product.id,
        "name": product.name,
        "label": product.label,
        "tax_category_id": product.tax_category_id,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "archived_at": product.archived_at,
    }
