"""/tax-categories: what products are taxed alike, version by version."""

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination
from catchment.api.taxes.tax_wire import Number, TaxCategoriesOut, TaxCategoryIn, TaxCategoryOut
from catchment.flows.taxes import keep_tax
from catchment.store import versions
from catchment.store.paging import Page
from catchment.store.taxes.tax_rates import CATEGORIES

routes = router("/tax-categories", "Tax categories")


@routes.post("", status_code=201)
def create_tax_category(
    body: TaxCategoryIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> TaxCategoryOut:
    """Add a category that products can have."""
    row = keep_tax.create(
        tx,
        who.workspace.id,
        body.facts(),
        published=body.is_published,
        now=now,
        new_id=new_id,
    )
    return TaxCategoryOut.of(row)


@routes.get("")
def list_tax_categories(tx: Tx, who: WhoIs, paging: NewestFirst) -> TaxCategoriesOut:
    """Categories by their latest version, newest first."""
    return _shown(versions.listed(tx, who.workspace.id, CATEGORIES, paging))


@routes.get("/{id}")
def show_tax_category(id: PathId, tx: Tx, who: WhoIs) -> TaxCategoryOut:
    """The latest version of a category."""
    return TaxCategoryOut.of(versions.latest(tx, who.workspace.id, CATEGORIES, id))


@routes.put("/{id}")
def update_tax_category(
    id: PathId, body: TaxCategoryIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> TaxCategoryOut:
    """Describe a category anew, as a new version where the last one is published."""
    row = keep_tax.change(
        tx,
        who.workspace.id,
        id,
        body.facts(),
        published=body.is_published,
        now=now,
        new_id=new_id,
    )
    return TaxCategoryOut.of(row)


@routes.delete("/{id}")
def delete_tax_category(id: PathId, tx: Tx, who: WhoIs, now: Now) -> TaxCategoryOut:
    """Take a category away that no product and no rate has."""
    return TaxCategoryOut.of(keep_tax.delete_category(tx, who.workspace.id, id, now=now))


@routes.get("/{id}/versions")
def list_tax_category_versions(
    id: PathId, tx: Tx, who: WhoIs, paging: NewestFirst
) -> TaxCategoriesOut:
    """What a category has said so far, newest first."""
    return _shown(versions.listed_versions(tx, who.workspace.id, CATEGORIES, id, paging))


@routes.post("/{id}/versions", status_code=201)
def create_tax_category_version(
    id: PathId, body: TaxCategoryIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> TaxCategoryOut:
    """Add a version; unpublished, it can still be changed."""
    row = keep_tax.add_version(
        tx,
        who.workspace.id,
        id,
        body.facts(),
        published=body.is_published,
        now=now,
        new_id=new_id,
    )
    return TaxCategoryOut.of(row)


@routes.get("/{id}/versions/{version}")
def show_tax_category_version(id: PathId, version: Number, tx: Tx, who: WhoIs) -> TaxCategoryOut:
    """One version of a category."""
    return TaxCategoryOut.of(versions.numbered(tx, who.workspace.id, CATEGORIES, id, version))


@routes.put("/{id}/versions/{version}")
def update_tax_category_version(
    id: PathId, version: Number, body: TaxCategoryIn, tx: Tx, who: WhoIs, now: Now
) -> TaxCategoryOut:
    """Change a version that is not published yet, or publish it."""
    row = keep_tax.change_version(
        tx,
        who.workspace.id,
        id,
        version,
        body.facts(),
        published=body.is_published,
        now=now,
    )
    return TaxCategoryOut.of(row)


@routes.delete("/{id}/versions/{version}")
def delete_tax_category_version(id: PathId, version: Number, tx: Tx, who: WhoIs) -> TaxCategoryOut:
    """Take an unpublished version away, unless it is the only one."""
    return TaxCategoryOut.of(keep_tax.drop_version(tx, who.workspace.id, CATEGORIES, id, version))


def _shown(page: Page) -> TaxCategoriesOut:
    items = [TaxCategoryOut.of(row) for row in page.rows]
    return TaxCategoriesOut(items=items, pagination=Pagination.of(page))
