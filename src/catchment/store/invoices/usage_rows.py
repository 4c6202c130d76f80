"""The members of an invoice as rows, and rows as members.

What members used is mostly of the same metrics, so these are kept once an invoice; a member's items
name them by their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from msgspec.json import decode, encode
from sqlalchemy import Row

from catchment.core.allocation import METHODS
from catchment.store.invoices.figures_text import text_of
from catchment.store.invoices.invoice_parts import MemberShare, UsageItem, UsageItemGroup

_P = TypeVar("_P")
_Shown = tuple[str, str, str | None, str | None]
"""Of an item: the metric, its title, its unit, and the line item group that charges for it."""

USAGE_COLUMNS = (
    "id",
    "workspace_id",
    "invoice_id",
    "index",
    "customer_id",
    "title",
    "depth",
    "path",
    "items",
    "shares",
)
USAGE_JSON = USAGE_COLUMNS[-3:]
"""Columns whose values are JSON as text."""

METRICS_COLUMNS = ("invoice_id", "workspace_id", "metrics")


def usage_of_row(row: Row[Any]) -> UsageItemGroup:
    """The member of a row that has the ``metrics`` of its invoice besides."""
    named = row._mapping  # noqa: SLF001 -- SQLAlchemy's public name; "index" is a method of rows
    metrics = _metrics(row.metrics)
    return UsageItemGroup(
        id=row.id,
        invoice_id=row.invoice_id,
        index=named["index"],
        customer_id=row.customer_id,
        title=row.title,
        depth=row.depth,
        path=tuple((id, name) for id, name in row.path),
        items=tuple(_item(metrics[place], value) for place, value in named["items"]),
        shares=tuple(
            MemberShare(line_index, Decimal(quantity), *parts_of(parts))
            for line_index, quantity, *parts in row.shares
        ),
    )


def metric_ids(metrics: str) -> tuple[str, ...]:
    """The metric at each place of what is kept as ``metrics``."""
    return tuple(metric_id for metric_id, *_ in _metrics(metrics))


def usage_rows(
    workspace_id: str, members: Sequence[UsageItemGroup]
) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
    """The values of USAGE_COLUMNS for the ``members`` of one invoice, of whom there may be many,
    and those of METRICS_COLUMNS.
    """
    places: dict[_Shown, int] = {}
    rows = [
        (
            one.id,
            workspace_id,
            one.invoice_id,
            one.index,
            one.customer_id,
            one.title,
            one.depth,
            encode(one.path).decode(),
            encode(
                [
                    (
                        places.setdefault(
                            (item.metric_id, item.title, item.unit, item.group_id), len(places)
                        ),
                        text_of(item.value),
                    )
                    for item in one.items
                ]
            ).decode(),
            encode(
                [
                    (line_index, text_of(quantity), *parts, *taxes)
                    for line_index, quantity, parts, taxes in one.shares
                ]
            ).decode(),
        )
        for one in members
    ]
    return rows, (members[0].invoice_id, workspace_id, encode(list(places)).decode())


def parts_of(kept: Sequence[_P]) -> tuple[tuple[_P, ...], tuple[_P, ...]]:
    """A member's parts of a line's net and, where it was taxed, of its tax, by each of METHODS."""
    return tuple(kept[: len(METHODS)]), tuple(kept[len(METHODS) :])


def _item(shown: _Shown, value: str) -> UsageItem:
    metric_id, title, unit, group_id = shown
    return UsageItem(metric_id, title, Decimal(value), unit, group_id)


@lru_cache(maxsize=1_000)
def _metrics(kept: str) -> tuple[_Shown, ...]:
    return decode(kept, type=tuple[_Shown, ...])
