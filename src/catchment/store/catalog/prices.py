"""Prices that schedules refer to, as they are kept and as billing applies them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, cast, exists, insert, select, update

from catchment.core.terms.schedules import Frequency, PricedItem, Timing
from catchment.core.usage.metering import Metric
from catchment.core.values.errors import NotFound
from catchment.store.catalog import price_terms, structures
from catchment.store.catalog.metered import metric_of
from catchment.store.catalog.price_terms import PriceFilter, Terms, columns_of, terms_of
from catchment.store.chunks import chunks
from catchment.store.paging import Page, PageRequest
from catchment.store.schema import phase_prices, prices, products, seat_metrics, usage_metrics
from catchment.store.seats.seat_metrics import metric_of as seats_of


@dataclass(frozen=True, slots=True)
class StoredPrice:
    """A price that schedules refer to. ``status`` is DRAFT or ACTIVE."""

    id: str
    terms: Terms
    list_price_id: str | None
    status: str
    created_at: datetime
    updated_at: datetime


def add(tx: Connection, workspace: str, new: Sequence[StoredPrice]) -> None:
    """Keep new prices."""
    if new:
        rows = [
            {
                "list_price_id": price.list_price_id,
                "status": price.status,
                **columns_of(workspace, price),
            }
            for price in new
        ]
        tx.execute(insert(prices), rows)


def rename(tx: Connection, price: StoredPrice) -> None:
    """Save a price's name and status."""
    tx.execute(
        update(prices)
        .where(prices.c.id == price.id)
        .values(name=price.terms.name, status=price.status, updated_at=price.updated_at)
    )


def delete(tx: Connection, price: StoredPrice, at: datetime) -> None:
    """Forget a price that is on no schedule."""
    tx.execute(update(prices).where(prices.c.id == price.id).values(deleted_at=at))


def one(tx: Connection, workspace: str, id: str, *, to_change: bool = False) -> StoredPrice:
    """The price, locked until the end of the transaction if ``to_change``. Raises NotFound."""
    query = _prices(workspace).where(prices.c.id == id)
    row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no price {id}.")
    return _price(row)


def some(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, StoredPrice]:
    """Those of ``ids`` that exist, by id; none of them can be deleted in this transaction."""
    query = _prices(workspace)
    return {
        row.id: _price(row)
        for part in chunks(sorted(set(ids)))
        for row in tx.execute(query.where(prices.c.id.in_(part)).with_for_update(read=True))
    }


def shown(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, StoredPrice]:
    """The prices called ``ids``, by id, to be looked at."""
    query = _prices(workspace)
    return {
        row.id: _price(row)
        for part in chunks(sorted(set(ids)))
        for row in tx.execute(query.where(prices.c.id.in_(part)))
    }


def listed(
    tx: Connection,
    workspace: str,
    request: PageRequest,
    wanted: PriceFilter,
    name: str | None,
) -> tuple[Page, list[StoredPrice]]:
    """A page of the prices ``wanted``; ``name`` is a part of it in any case, if given."""
    query = _prices(workspace)
    if name:
        query = query.where(prices.c.name.icontains(name, autoescape=True))
    found = price_terms.listed(tx, prices, query, request, wanted)
    return found, [_price(row) for row in found.rows]


def newest_of_products(
    tx: Connection, workspace: str, product_ids: Collection[str], most: int
) -> dict[str, list[StoredPrice]]:
    """Up to ``most`` prices of each product, newest first."""
    found: dict[str, list[StoredPrice]] = {id: [] for id in product_ids}
    rows = price_terms.newest_of_products(tx, prices, _prices(workspace), product_ids, most)
    for row in rows:
        found[row.product_id].append(_price(row))
    return found


def on_a_schedule(tx: Connection, price: StoredPrice) -> bool:
    """Whether any schedule refers to the price."""
    return bool(tx.execute(select(exists().where(phase_prices.c.price_id == price.id))).scalar())


def items(tx: Connection, wanted: Select[str]) -> dict[str, PricedItem]:
    """What billing applies, by price id, for every price in the ids that ``wanted`` selects."""
    query = (
        select(
            prices.c.id,
            prices.c.product_id,
            prices.c.name,
            prices.c.currency,
            cast(prices.c.structure, Text).label("structure"),
            prices.c.billing_frequency,
            prices.c.billing_type,
            prices.c.usage_metric_id,
            prices.c.seat_metric_id,
            prices.c.restrict_to_customers,
            prices.c.custom_metric_parameters,
            products.c.name.label("product_name"),
            products.c.label.label("product_label"),
            products.c.tax_category_id,
            usage_metrics.c.name.label("metric_name"),
            usage_metrics.c.unit.label("metric_unit"),
            seat_metrics.c.seat_type,
            seat_metrics.c.label.label("seat_label"),
        )
        .join(products, products.c.id == prices.c.product_id)
        .join(usage_metrics, usage_metrics.c.id == prices.c.usage_metric_id, isouter=True)
        .join(seat_metrics, seat_metrics.c.id == prices.c.seat_metric_id, isouter=True)
        .where(prices.c.id.in_(wanted))
    )
    rows = tx.execute(query).all()
    metrics = _Metrics(tx, {row.usage_metric_id for row in rows if row.usage_metric_id})
    return {row.id: _item(row, metrics) for row in rows}


class _Metrics:
    """Metrics as prices measure them, each read once."""

    def __init__(self, tx: Connection, ids: Collection[str]) -> None:
        c = usage_metrics.c
        self._rows = {
            row.id: row
            for part in chunks(ids)
            for row in tx.execute(select(usage_metrics).where(c.id.in_(part)))
        }
        self._known: dict[tuple[str, tuple[tuple[str, str], ...]], Metric] = {}

    def of(self, price: Row[Any]) -> Metric | None:
        """What the price measures; None where that is nothing."""
        if price.seat_metric_id:
            return seats_of(price.seat_metric_id, price.seat_type)
        id = price.usage_metric_id
        if not id:
            return None
        values = tuple((one["parameterId"], one["value"]) for one in price.custom_metric_parameters)
        if (id, values) not in self._known:
            self._known[id, values] = metric_of(self._rows[id], dict(values))
        return self._known[id, values]


def _prices(workspace: str) -> Select[tuple[Any, ...]]:
    return select(prices).where(prices.c.workspace_id == workspace, prices.c.deleted_at.is_(None))


def _price(row: Row[Any]) -> StoredPrice:
    return StoredPrice(
        row.id, terms_of(row), row.list_price_id, row.status, row.created_at, row.updated_at
    )


def _item(row: Row[Any], metrics: _Metrics) -> PricedItem:
    return PricedItem(
        id=row.id,
        product_id=row.product_id,
        product_title=row.product_label or row.product_name,
        name=row.name,
        currency=row.currency,
        price=structures.parse_text(row.structure),
        frequency=Frequency(row.billing_frequency),
        timing=Timing(row.billing_type),
        metric=metrics.of(row),
        metric_name=row.metric_name or row.seat_label,
        unit="seats" if row.seat_metric_id else row.metric_unit,
        scope=frozenset(row.restrict_to_customers or ()),
        tax_category_id=row.tax_category_id,
    )
