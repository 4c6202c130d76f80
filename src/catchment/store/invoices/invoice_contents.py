"""What stands on an invoice: line item groups, line items, and the usage of every member."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from catchment.store.chunks import chunks
from catchment.store.invoices.rows import branches, evidence, taxation_rows
from catchment.store.invoices.rows.invoice_parts import (
    Contents,
    LineItem,
    LineItemGroup,
    UsageItemGroup,
)
from catchment.store.invoices.rows.invoice_rows import group_of_row, line_of_row
from catchment.store.invoices.rows.usage_rows import PRINTED, usage_of_row
from catchment.store.schema import (
    invoice_usage_metrics,
    invoices,
    line_item_groups,
    line_items,
    line_taxations,
    printed_metrics,
    usage_item_groups,
)

_AT_ONCE = 1_000


def of(tx: Connection, workspace_id: str, invoice_id: str) -> Contents:
    """All that stands on an invoice."""
    usage = tx.execute(usage_of(workspace_id, invoice_id).order_by(usage_item_groups.c.index))
    return Contents(
        groups(tx, workspace_id, invoice_id),
        lines(tx, workspace_id, invoice_id),
        tuple(map(usage_of_row, usage)),
    )


def groups(tx: Connection, workspace_id: str, invoice_id: str) -> tuple[LineItemGroup, ...]:
    """The groups of an invoice, in the order printed."""
    query = groups_of(workspace_id, invoice_id).order_by(line_item_groups.c.index)
    return tuple(map(group_of_row, tx.execute(query)))


def group_ids(tx: Connection, workspace_id: str, invoice_id: str) -> tuple[str, ...]:
    """The ids of an invoice's groups by their indexes."""
    c = line_item_groups.c
    query = select(c.id).where(c.workspace_id == workspace_id, c.invoice_id == invoice_id)
    return tuple(tx.execute(query.order_by(c.index)).scalars())


def lines(tx: Connection, workspace_id: str, invoice_id: str) -> tuple[LineItem, ...]:
    """The lines of an invoice, in the order printed."""
    query = lines_of(workspace_id, invoice_id).order_by(line_items.c.index)
    return tuple(map(line_of_row, tx.execute(query)))


def lines_of_each(
    tx: Connection, workspace_id: str, invoice_ids: Collection[str]
) -> dict[str, list[LineItem]]:
    """The lines of each of these invoices, in the order printed."""
    found: dict[str, list[LineItem]] = {id: [] for id in invoice_ids}
    for part in chunks(sorted(found)):
        query = _lines(workspace_id).where(line_items.c.invoice_id.in_(part))
        for row in tx.execute(query.order_by(line_items.c.index)):
            found[row.invoice_id].append(line_of_row(row))
    return found


def members(
    tx: Connection, workspace_id: str, invoice_id: str, *, since: int, limit: int
) -> tuple[UsageItemGroup, ...]:
    """Members in the order shown, from the one with the index ``since``."""
    c = usage_item_groups.c
    query = usage_of(workspace_id, invoice_id).where(c.index >= since).order_by(c.index)
    return tuple(map(usage_of_row, tx.execute(query.limit(limit))))


def member(
    tx: Connection, workspace_id: str, invoice_id: str, customer_id: str
) -> UsageItemGroup | None:
    """One member of an invoice, or None."""
    c = usage_item_groups.c
    query = usage_of(workspace_id, invoice_id).where(c.customer_id == customer_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else usage_of_row(row)


def branch(
    tx: Connection, workspace_id: str, invoice_id: str, customer_id: str
) -> Iterator[UsageItemGroup]:
    """The customer and all below it, in the order shown, by the paths kept with the invoice."""
    stretches = branches.of_customer(tx, workspace_id, invoice_id, customer_id)
    if not stretches:
        alone = member(tx, workspace_id, invoice_id, customer_id)
        yield from () if alone is None else (alone,)
    for first, last in stretches:
        since = first
        while since <= last:
            found = members(
                tx, workspace_id, invoice_id, since=since, limit=min(_AT_ONCE, last - since + 1)
            )
            assert found, (invoice_id, first, last)
            yield from found
            since = found[-1].index + 1


def member_names(tx: Connection, workspace_id: str, invoice_id: str) -> dict[str, str]:
    """The members of an invoice by id with the names they had, in the order shown."""
    c = usage_item_groups.c
    query = select(c.customer_id, c.title).where(
        c.workspace_id == workspace_id, c.invoice_id == invoice_id
    )
    return {row.customer_id: row.title for row in tx.execute(query.order_by(c.index))}


def one_line(tx: Connection, workspace_id: str, invoice_id: str, line_id: str) -> LineItem | None:
    """A line of an invoice; None without one."""
    query = lines_of(workspace_id, invoice_id).where(line_items.c.id == line_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else line_of_row(row)


def line_called(tx: Connection, workspace_id: str, line_id: str) -> LineItem | None:
    """The line of that id, on whichever invoice; None without one."""
    query = _lines(workspace_id).where(line_items.c.id == line_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else line_of_row(row)


def clear(tx: Connection, invoice_id: str) -> None:
    """Take everything off an invoice."""
    evidence.clear(tx, invoice_id)
    branches.clear(tx, invoice_id)
    for table in (line_items, line_item_groups, usage_item_groups, invoice_usage_metrics):
        tx.execute(delete(table).where(table.c.invoice_id == invoice_id))


def groups_of(workspace_id: str, invoice_id: str) -> Select[Any]:
    """The groups of an invoice, for ``group_of_row``."""
    c = line_item_groups.c
    joined = line_item_groups.join(invoices, invoices.c.id == c.invoice_id)
    return (
        select(line_item_groups, invoices.c.currency)
        .select_from(joined)
        .where(c.workspace_id == workspace_id, c.invoice_id == invoice_id)
    )


def lines_of(workspace_id: str, invoice_id: str) -> Select[Any]:
    """The lines of an invoice, for ``line_of_row``."""
    return _lines(workspace_id).where(line_items.c.invoice_id == invoice_id)


def usage_of(workspace_id: str, invoice_id: str) -> Select[Any]:
    """The members of an invoice, for ``usage_of_row``."""
    c, of = usage_item_groups.c, invoice_usage_metrics.c
    return (
        select(usage_item_groups, printed_metrics.c.metrics)
        .join(invoice_usage_metrics, of.invoice_id == c.invoice_id)
        .join(printed_metrics, PRINTED)
        .where(c.workspace_id == workspace_id, c.invoice_id == invoice_id)
    )


def _lines(workspace_id: str) -> Select[Any]:
    joined = line_items.join(invoices, invoices.c.id == line_items.c.invoice_id)
    return (
        select(line_items, invoices.c.currency, line_taxations.c.taxation)
        .select_from(joined.join(line_taxations, taxation_rows.OF_LINE, isouter=True))
        .where(line_items.c.workspace_id == workspace_id)
    )
