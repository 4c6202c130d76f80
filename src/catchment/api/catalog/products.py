"""/products and /billing-products: what is sold, alone and with its prices."""

from typing import Annotated, ClassVar

from fastapi import Query
from pydantic import ConfigDict

from catchment.api.catalog.list_prices import ListPriceOut
from catchment.api.catalog.prices import PriceOut
from catchment.api.edge.deps import Cursor, Limit, NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, IdIn, Name, Pagination, Text, Wire
from catchment.flows.schedules import keep_product
from catchment.store.catalog import list_prices, prices, products
from catchment.store.paging import PageRequest
from catchment.store.taxes import tax_rates

routes = router("", "Products")
_MOST_PRICES = 100


class ProductIn(Wire):
    """``label`` heads the product's lines on invoices; without one the name does."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"name": "API platform", "label": "Platform"}}
    )

    name: Name
    label: Text | None = None
    tax_category_id: IdIn | None = None


class ProductOut(Wire):
    id: str
    name: str
    label: str | None = None
    tax_category_id: str | None = None
    created_at: At
    updated_at: At
    archived_at: At | None = None

    @classmethod
    def of(cls, product: products.Product) -> "ProductOut":
        """The product as it is shown."""
        return cls(
            id=product.id,
            name=product.name,
            label=product.label,
            tax_category_id=product.tax_category_id,
            created_at=product.created_at,
            updated_at=product.updated_at,
            archived_at=product.archived_at,
        )


class ProductsOut(Wire):
    items: list[ProductOut]
    pagination: Pagination


class BillingProductOut(Wire):
    """A product with its prices: the newest hundred, and its list prices likewise."""

    id: str
    name: str
    label: str
    sequence_account_id: str
    created_at: At
    updated_at: At
    prices: list[PriceOut]
    list_prices: list[ListPriceOut]
    tax_category_name: str | None = None
    recognition_method: str


class BillingProductsOut(Wire):
    items: list[BillingProductOut]
    pagination: Pagination


@routes.post("/products", status_code=201)
def create_product(body: ProductIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId) -> ProductOut:
    """Add a product to sell."""
    product = products.Product(
        new_id(), body.name, body.label or None, body.tax_category_id, now, now, None
    )
    keep_product.create(tx, who.workspace.id, product)
    return ProductOut.of(product)


@routes.get("/products")
def list_products(
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    name: Annotated[str | None, Query(description="Part of the name or label.")] = None,
    include_archived: Annotated[bool, Query(alias="includeArchived")] = True,
) -> ProductsOut:
    """Products, newest first; archived ones too, unless ``includeArchived=false``."""
    page = products.listed(
        tx, who.workspace.id, paging, name=name, include_archived=include_archived
    )
    items = [ProductOut.of(products.product_of(row)) for row in page.rows]
    return ProductsOut(items=items, pagination=Pagination.of(page))


@routes.get("/products/{id}")
def show_product(id: PathId, tx: Tx, who: WhoIs) -> ProductOut:
    """One product."""
    return ProductOut.of(products.one(tx, who.workspace.id, id))


@routes.put("/products/{id}")
def update_product(id: PathId, body: ProductIn, tx: Tx, who: WhoIs, now: Now) -> ProductOut:
    """Replace a product's words and its tax category. Drafts have them once recalculated."""
    return ProductOut.of(
        keep_product.change(
            tx,
            who.workspace.id,
            id,
            name=body.name,
            label=body.label or None,
            tax_category_id=body.tax_category_id,
            now=now,
        )
    )


@routes.post("/products/{id}/archive")
def archive_product(id: PathId, tx: Tx, who: WhoIs, now: Now) -> ProductOut:
    """Stop selling a product: its prices stay in force, but it can have no new ones."""
    return ProductOut.of(keep_product.archive(tx, who.workspace.id, id, now=now))


@routes.get("/billing-products")
def list_billing_products(
    *,
    tx: Tx,
    who: WhoIs,
    limit: Limit = 20,
    after: Cursor = None,
    before: Cursor = None,
    name: Annotated[str | None, Query(description="Part of the name or label.")] = None,
    tax_category_id: Annotated[str | None, Query(alias="taxCategoryId")] = None,
    recognition_method: Annotated[
        str | None,
        Query(alias="recognitionMethod", description="USAGE or STRAIGHT_LINE."),
    ] = None,
) -> BillingProductsOut:
    """Products in use with their prices. One with a usage price is recognised by USAGE."""
    workspace = who.workspace.id
    page = products.listed_for_billing(
        tx,
        workspace,
        PageRequest(limit, after, before),
        name=name,
        tax_category_id=tax_category_id,
        recognition_method=recognition_method,
    )
    found = [products.product_of(row) for row in page.rows]
    ids = [product.id for product in found]
    usage = products.with_usage(tx, workspace, ids)
    categories = tax_rates.category_names(tx, workspace, [one.tax_category_id for one in found])
    of_product = prices.newest_of_products(tx, workspace, ids, _MOST_PRICES)
    list_of_product = list_prices.newest_of_products(tx, workspace, ids, _MOST_PRICES)
    items = [
        BillingProductOut(
            id=product.id,
            name=product.name,
            label=product.title,
            sequence_account_id=workspace,
            created_at=product.created_at,
            updated_at=product.updated_at,
            prices=[PriceOut.of(price) for price in of_product[product.id]],
            list_prices=[ListPriceOut.of(price) for price in list_of_product[product.id]],
            tax_category_name=categories.get(product.tax_category_id),
            recognition_method="USAGE" if product.id in usage else "STRAIGHT_LINE",
        )
        for product in found
    ]
    return BillingProductsOut(items=items, pagination=Pagination.of(page))
