"""What happens when a product is changed or no longer sold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict
from catchment.flows.taxes.keep_tax import check_category
from catchment.store.catalog import products
from catchment.store.catalog.products import Product


class ProductArchived(Conflict):
    """The product is archived."""

    code = "product_archived"


def create(tx: Connection, workspace: str, product: Product) -> None:
    """Keep a new product. Raises NotFound where there is no such tax category."""
    check_category(tx, workspace, product.tax_category_id)
    products.add(tx, workspace, product)


def change(
    tx: Connection,
    workspace: str,
    id: str,
    *,
    name: str,
    label: str | None,
    tax_category_id: str | None,
    now: datetime,
) -> Product:
    """Replace a product's words and its tax category. Raises NotFound, ProductArchived."""
    check_category(tx, workspace, tax_category_id)
    product = products.one(tx, workspace, id, to_change=True)
    if product.archived_at is not None:
        raise ProductArchived(f"The product {product.name!r} is archived and cannot be changed.")
    product = replace(
        product, name=name, label=label, tax_category_id=tax_category_id, updated_at=now
    )
    products.save(tx, workspace, product)
    return product


def archive(tx: Connection, workspace: str, id: str, *, now: datetime) -> Product:
    """Forbid new prices of a product; archiving it again changes nothing. Raises NotFound."""
    product = products.one(tx, workspace, id, to_change=True)
    if product.archived_at is None:
        product = replace(product, archived_at=now, updated_at=now)
        products.save(tx, workspace, product)
    return product
