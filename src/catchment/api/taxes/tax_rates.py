"""/tax-rates: what is added to a price, by tax category and place, version by version."""

from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import CountryCode, Pagination
from catchment.api.taxes.tax_wire import Number, TaxRateIn, TaxRateOut, TaxRatesOut, TaxRateUpdateIn
from catchment.flows.taxes import keep_tax
from catchment.store import versions
from catchment.store.paging import Page
from catchment.store.taxes import tax_rates
from catchment.store.taxes.tax_rates import RATES, RateFilter

routes = router("/tax-rates", "Tax rates")


@routes.post("", status_code=201)
def create_tax_rate(body: TaxRateIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId) -> TaxRateOut:
    """Add a rate. Invoices that are calculated from now on have it."""
    row = keep_tax.create(
        tx,
        who.workspace.id,
        body.facts(),
        published=body.is_published,
        now=now,
        new_id=new_id,
    )
    return TaxRateOut.of(row)


@routes.get("")
def list_tax_rates(
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    country: Annotated[CountryCode | None, Query()] = None,
    region: Annotated[str | None, Query(description="As the rate writes it.")] = None,
    tax_category_id: Annotated[str | None, Query(alias="taxCategoryId")] = None,
    include_archived: Annotated[bool, Query(alias="includeArchived")] = True,
) -> TaxRatesOut:
    """Rates by their latest version, newest first; archived ones too, unless
    ``includeArchived=false``.
    """
    wanted = RateFilter(country, region, tax_category_id, include_archived)
    return _shown(tax_rates.listed_rates(tx, who.workspace.id, paging, wanted))


@routes.get("/{id}")
def show_tax_rate(id: PathId, tx: Tx, who: WhoIs) -> TaxRateOut:
    """The latest version of a rate."""
    return TaxRateOut.of(versions.latest(tx, who.workspace.id, RATES, id))


@routes.put("/{id}")
def update_tax_rate(
    id: PathId, body: TaxRateUpdateIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> TaxRateOut:
    """Change a rate from now on, as a new version. Finalised invoices keep the one they have;
    drafts take the new one when they are recalculated.
    """
    body.check(id)
    row = keep_tax.change(
        tx,
        who.workspace.id,
        id,
        body.facts(),
        published=body.is_published,
        now=now,
        new_id=new_id,
    )
    return TaxRateOut.of(row)


@routes.delete("/{id}")
def delete_tax_rate(id: PathId, tx: Tx, who: WhoIs, now: Now) -> TaxRateOut:
    """Take a rate away that no schedule names. Invoices keep what they were taxed with."""
    return TaxRateOut.of(keep_tax.delete_rate(tx, who.workspace.id, id, now=now))


@routes.post("/{id}/archive")
def archive_tax_rate(id: PathId, tx: Tx, who: WhoIs, now: Now) -> TaxRateOut:
    """Apply a rate to nothing more. A schedule that names it has none for that price."""
    return TaxRateOut.of(keep_tax.archive(tx, who.workspace.id, RATES, id, now=now))


@routes.get("/{id}/versions")
def list_tax_rate_versions(id: PathId, tx: Tx, who: WhoIs, paging: NewestFirst) -> TaxRatesOut:
    """What a rate has said so far, newest first."""
    return _shown(versions.listed_versions(tx, who.workspace.id, RATES, id, paging))


@routes.post("/{id}/versions", status_code=201)
def create_tax_rate_version(
    id: PathId, body: TaxRateIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> TaxRateOut:
    """Add a version; unpublished, it can still be changed and is not applied."""
    row = keep_tax.add_version(
        tx,
        who.workspace.id,
        id,
        body.facts(),
        published=body.is_published,
        now=now,
        new_id=new_id,
    )
    return TaxRateOut.of(row)


@routes.get("/{id}/versions/{version}")
def show_tax_rate_version(id: PathId, version: Number, tx: Tx, who: WhoIs) -> TaxRateOut:
    """One version of a rate."""
    return TaxRateOut.of(versions.numbered(tx, who.workspace.id, RATES, id, version))


@routes.put("/{id}/versions/{version}")
def update_tax_rate_version(
    id: PathId, version: Number, body: TaxRateIn, tx: Tx, who: WhoIs, now: Now
) -> TaxRateOut:
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
    return TaxRateOut.of(row)


@routes.delete("/{id}/versions/{version}")
def delete_tax_rate_version(id: PathId, version: Number, tx: Tx, who: WhoIs) -> TaxRateOut:
    """Take an unpublished version away, unless it is the only one."""
    return TaxRateOut.of(keep_tax.drop_version(tx, who.workspace.id, RATES, id, version))


def _shown(page: Page) -> TaxRatesOut:
    items = [TaxRateOut.of(row) for row in page.rows]
    return TaxRatesOut(items=items, pagination=Pagination.of(page))
