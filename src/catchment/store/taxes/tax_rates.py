"""Tax rates and tax categories as they are kept, and the rates that are applied."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from catchment.core.terms.taxes import PlacedRate, TaxRate
from catchment.core.values.money import decimal_text
from catchment.store import versions
from catchment.store.chunks import chunks
from catchment.store.paging import Page, PageRequest
from catchment.store.schema import (
    billing_schedules,
    products,
    tax_categories,
    tax_category_versions,
    tax_rate_versions,
    tax_rates,
)
from catchment.store.versions import Kind

RATES = Kind(tax_rates, tax_rate_versions, "tax rate")
CATEGORIES = Kind(tax_categories, tax_category_versions, "tax category")


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a rate or a category it is; ``id`` is the thing's own."""

    id: str
    version_id: str
    number: int
    published: bool
    updated_at: datetime
    archived: bool


@dataclass(frozen=True, slots=True)
class RateFacts:
    """What a version of a rate says. ``amount`` is a fraction; no category means every one."""

    name: str
    invoice_name: str
    invoice_short_name: str
    description: str | None
    amount: Decimal
    country: str
    region: str | None
    category_id: str | None

    def columns(self) -> dict[str, Any]:
        """The same as it is kept."""
        return {
            "name": self.name,
            "invoice_name": self.invoice_name,
            "invoice_short_name": self.invoice_short_name,
            "description": self.description,
            "amount": decimal_text(self.amount),
            "country": self.country,
            "region": self.region,
            "tax_category_id": self.category_id,
        }


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """What a version of a category says."""

    name: str
    description: str | None

    def columns(self) -> dict[str, Any]:
        """The same as it is kept."""
        return {"name": self.name, "description": self.description}


@dataclass(frozen=True, slots=True)
class RateFilter:
    """Which rates a list holds; None does not ask."""

    country: str | None = None
    region: str | None = None
    category_id: str | None = None
    archived: bool = True


def listed_rates(tx: Connection, workspace: str, request: PageRequest, wanted: RateFilter) -> Page:
    """A page of the rates ``wanted``, each as its latest version, for ``rate_of``."""
    v = tax_rate_versions.c
    conditions = [
        column == value
        for column, value in (
            (v.country, wanted.country),
            (v.region, wanted.region),
            (v.tax_category_id, wanted.category_id),
        )
        if value is not None
    ]
    if not wanted.archived:
        conditions.append(tax_rates.c.archived_at.is_(None))
    return versions.listed(tx, workspace, RATES, request, *conditions)


def applied(tx: Connection, workspace: str) -> tuple[PlacedRate, ...]:
    """Every rate in force, with where it holds."""
    return tuple(
        PlacedRate(_applied(row), row.country, row.region, row.tax_category_id)
        for row in versions.in_force(tx, workspace, RATES)
    )


def rates_called(
    tx: Connection, workspace: str, version_ids: Collection[str]
) -> dict[str, TaxRate]:
    """The rates of these versions, in force or not, by version."""
    return {
        row.id: _applied(row)
        for part in chunks(sorted(set(version_ids)))
        for row in versions.called(tx, workspace, RATES, part)
    }


def category_names(
    tx: Connection, workspace: str, ids: Collection[str | None]
) -> dict[str | None, str]:
    """What the categories among ``ids`` are called now."""
    wanted = sorted({id for id in ids if id is not None})
    query = versions.latest_of(workspace, CATEGORIES)
    return {
        row.head_id: row.name
        for part in chunks(wanted)
        for row in tx.execute(query.where(tax_categories.c.id.in_(part)))
    }


def schedules_with(tx: Connection, workspace: str, rate_id: str) -> list[str]:
    """The schedules that are not archived and name the rate."""
    c = billing_schedules.c
    query = select(c.id, c.tax_rates).where(
        c.workspace_id == workspace, c.archived_at.is_(None), c.tax_rates.is_not(None)
    )
    return [row.id for row in tx.execute(query) if rate_id in row.tax_rates.values()]


def uses_of_category(tx: Connection, workspace: str, category_id: str) -> list[str]:
    """What the category is used by, in words: names of products and of rates in use."""
    p, v = products.c, tax_rate_versions.c
    sold = select(p.name).where(p.workspace_id == workspace, p.tax_category_id == category_id)
    taxed = versions.latest_of(workspace, RATES).where(
        v.tax_category_id == category_id, tax_rates.c.archived_at.is_(None)
    )
    return [
        *(f"the product {name!r}" for name in tx.execute(sold.order_by(p.id)).scalars()),
        *(f"the tax rate {row.name!r}" for row in tx.execute(taxed)),
    ]


def rate_of(row: Row[Any]) -> tuple[Version, RateFacts]:
    """A version of a rate with what it says."""
    return _version(row), RateFacts(
        row.name,
        row.invoice_name,
        row.invoice_short_name,
        row.description,
        Decimal(row.amount),
        row.country,
        row.region,
        row.tax_category_id,
    )


def category_of(row: Row[Any]) -> tuple[Version, CategoryFacts]:
    """A version of a category with what it says."""
    return _version(row), CategoryFacts(row.name, row.description)


def _version(row: Row[Any]) -> Version:
    return Version(
        row.head_id,
        row.id,
        row.version,
        row.is_published,
        row.updated_at,
        row.archived_at is not None,
    )


def _applied(row: Row[Any]) -> TaxRate:
    return TaxRate(
        row.head_id,
        row.id,
        row.version,
        row.invoice_name,
        row.invoice_short_name,
        Decimal(row.amount),
    )
