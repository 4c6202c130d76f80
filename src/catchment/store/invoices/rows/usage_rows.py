"""The members of an invoice as rows, and rows as members.

What members used is mostly of the same metrics, so a member's items name these by their places in a
list, which is kept once for all invoices that have the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from msgspec.json import decode, encode
from sqlalchemy import Connection, Row

from catchment.core.shares.allocation import METHODS
from catchment.store.bulk import add_new
from catchment.store.invoices.figures_text import text_of
from catchment.store.invoices.rows.by_content import name_of
from catchment.store.invoices.rows.invoice_parts import (
    MemberShare,
    PrintedMetric,
    UsageItem,
    UsageItemGroup,
)
from catchment.store.rows import named
from catchment.store.schema import invoice_usage_metrics, printed_metrics

_P = TypeVar("_P")
_METRIC = attrgetter("metric")

USAGE_COLUMNS = (
    "id",
    "workspace_id",
    "invoice_id",
    "index",
    "customer_id",
    "title",
    "depth",
    "above",
    "items",
    "shares",
)
USAGE_JSON = USAGE_COLUMNS[-3:]
"""Columns whose values are JSON as text."""

METRICS_COLUMNS = ("invoice_id", "workspace_id", "printed_id")

PRINTED = printed_metrics.c.id == invoice_usage_metrics.c.printed_id
"""Joins an invoice with the metrics that its members' items name."""


class PrintedRow(NamedTuple):
    """What the items of members are of, and its name, which is made of that.

    It is JSON, a list of [metric, title, unit, index of the line item group].
    """

    id: str
    workspace_id: str
    metrics: str


def usage_of_row(row: Row[Any]) -> UsageItemGroup:
    """The member of a row that has the ``metrics`` of its invoice besides."""
    of = named(row)
    metrics = _metrics(of.metrics)
    return UsageItemGroup(
        id=of.id,
        invoice_id=of.invoice_id,
        index=of.index,
        customer_id=of.customer_id,
        title=of.title,
        depth=of.depth,
        path=(*((id, name) for id, name in of.above), (of.customer_id, of.title)),
        items=tuple(UsageItem(metrics[place], Decimal(value)) for place, value in of.items),
        shares=tuple(
            MemberShare(line_index, Decimal(quantity), *parts_of(parts))
            for line_index, quantity, *parts in of.shares
        ),
    )


def metric_ids(metrics: str) -> tuple[str, ...]:
    """The metric at each place of what is kept as ``metrics``."""
    return tuple(metric.metric_id for metric in _metrics(metrics))


def usage_rows(
    workspace_id: str, members: Sequence[UsageItemGroup]
) -> tuple[list[tuple[Any, ...]], PrintedRow]:
    """The values of USAGE_COLUMNS for the ``members`` of one invoice, of whom there may be many,
    and the metrics that they name.
    """
    metrics = {id(metric): metric for one in members for metric in map(_METRIC, one.items)}
    printed = tuple(sorted(set(metrics.values()), key=_place))  # whoever used which of them first
    places = {key: printed.index(metric) for key, metric in metrics.items()}
    rows = [
        (
            one.id,
            workspace_id,
            one.invoice_id,
            one.index,
            one.customer_id,
            one.title,
            one.depth,
            encode(one.path[:-1]).decode(),
            encode([(places[id(of.metric)], text_of(of.value)) for of in one.items]).decode(),
            encode(
                [
                    (line_index, text_of(quantity), *parts, *taxes)
                    for line_index, quantity, parts, taxes in one.shares
                ]
            ).decode(),
        )
        for one in members
    ]
    return rows, _printed(workspace_id, printed)


def add_printed(tx: Connection, rows: Iterable[PrintedRow]) -> None:
    """Keep those that are not kept yet."""
    add_new(tx, printed_metrics, PrintedRow._fields, sorted(set(rows)))


def _place(metric: PrintedMetric) -> tuple[int, str, str]:
    group = metric.group_index
    return -1 if group is None else group, metric.metric_id, metric.title


@lru_cache(maxsize=1_000)
def _printed(workspace_id: str, metrics: tuple[PrintedMetric, ...]) -> PrintedRow:
    said = encode(metrics)
    return PrintedRow(name_of(workspace_id, said), workspace_id, said.decode())


def parts_of(kept: Sequence[_P]) -> tuple[tuple[_P, ...], tuple[_P, ...]]:
    """A member's parts of a line's net and, where it was taxed, of its tax, by each of METHODS."""
    return tuple(kept[: len(METHODS)]), tuple(kept[len(METHODS) :])


@lru_cache(maxsize=1_000)
def _metrics(kept: str) -> tuple[PrintedMetric, ...]:
    return decode(kept, type=tuple[PrintedMetric, ...])
