"""What prices and list prices have in common, and how both are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, Select, Table, func, select

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.pricing import Price, SeatBased
from catchment.core.terms.schedules import Frequency, Timing
from catchment.store.catalog import structures
from catchment.store.paging import Page, PageRequest, page


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed in a price and in a list price.

    Usage prices have the ``metric_id`` of a usage metric, seat prices that of a seat metric.

    One with ``restrict_to`` prices only those customers and whoever is below them. ``parameters``
    are what it sets of a CUSTOM metric: (parameter id, number).
    """

    product_id: str
    name: str
    currency: str
    price: Price
    metric_id: str | None
    frequency: Frequency
    timing: Timing
    integration_ids: tuple[dict[str, str], ...] = ()
    restrict_to: tuple[CustomerId, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def structure(self) -> dict[str, Any]:
        """The pricing structure as it is kept."""
        return structures.dump(self.price, self.metric_id)

    @property
    def of_seats(self) -> bool:
        """Whether it is a seat price."""
        return isinstance(self.price, SeatBased)

    @property
    def of_usage(self) -> bool:
        """Whether it prices usage events."""
        return self.metric_id is not None and not self.of_seats


@dataclass(frozen=True, slots=True)
class PriceFilter:
    """The filters that both lists have; empty ones keep everything."""

    currencies: Collection[str] = ()
    frequencies: Collection[str] = ()
    product_ids: Collection[str] = ()


class Priced(Protocol):
    """A price or a list price."""

    @property
    def id(self) -> str: ...
    @property
    def terms(self) -> Terms: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...


def columns_of(workspace: str, price: Priced) -> dict[str, Any]:
    """What both tables keep of a price."""
    terms = price.terms
    return {
        "id": price.id,
        "workspace_id": workspace,
        "product_id": terms.product_id,
        "name": terms.name,
        "currency": terms.currency,
        "structure": terms.structure,
        "usage_metric_id": None if terms.of_seats else terms.metric_id,
        "seat_metric_id": terms.metric_id if terms.of_seats else None,
        "billing_frequency": terms.frequency.value,
        "billing_type": terms.timing.value,
        "integration_ids": list(terms.integration_ids),
        "custom_metric_parameters": parameters_shown(terms),
        "restrict_to_customers": list(terms.restrict_to) or None,
        "created_at": price.created_at,
        "updated_at": price.updated_at,
    }


def terms_of(row: Row[Any]) -> Terms:
    """What a row of ``prices`` or ``list_prices`` says."""
    return Terms(
        row.product_id,
        row.name,
        row.currency,
        structures.parse(row.structure),
        row.usage_metric_id or row.seat_metric_id,
        Frequency(row.billing_frequency),
        Timing(row.billing_type),
        tuple(row.integration_ids),
        tuple(row.restrict_to_customers or ()),
        tuple((one["parameterId"], one["value"]) for one in row.custom_metric_parameters),
    )


def parameters_shown(terms: Terms) -> list[dict[str, str]]:
    """What a price sets of a CUSTOM metric, as the API shows it."""
    return [{"parameterId": id, "value": value} for id, value in terms.parameters]


def listed(
    tx: Connection,
    table: Table,
    query: Select[tuple[Any, ...]],
    request: PageRequest,
    wanted: PriceFilter,
) -> Page:
    """A page of the rows of ``query`` that are ``wanted``."""
    for column, values in (
        (table.c.currency, wanted.currencies),
        (table.c.billing_frequency, wanted.frequencies),
        (table.c.product_id, wanted.product_ids),
    ):
        if values:
            query = query.where(column.in_(values))
    return page(tx, query, request, id_column=table.c.id)


def newest_of_products(
    tx: Connection,
    table: Table,
    query: Select[tuple[Any, ...]],
    product_ids: Collection[str],
    most: int,
) -> Iterator[Row[Any]]:
    """Up to ``most`` rows of ``query`` for each product, newest first."""
    rank = func.row_number().over(partition_by=table.c.product_id, order_by=table.c.id.desc())
    mine = query.where(table.c.product_id.in_(product_ids)).add_columns(rank.label("rank"))
    ranked = mine.subquery()
    yield from tx.execute(select(ranked).where(ranked.c.rank <= most).order_by(ranked.c.id.desc()))
