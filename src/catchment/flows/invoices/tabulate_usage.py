"""The usage breakdown of an invoice with everybody's shares, one row for each member and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from catchment.core.shares.allocation import Method
from catchment.documents.usage_table import UsageRow
from catchment.flows.invoices.branch_parts import Part, parts
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Invoice


def usage_rows(tx: Connection, invoice: Invoice, method: Method) -> Iterator[UsageRow]:
    """The rows in the order of the tree, by line; their shares add up to the invoice.

    What a member used without having a share in it comes after its others, without a line.
    """
    groups = invoice_contents.groups(tx, invoice.workspace_id, invoice.id)
    products = {group.id: group.title for group in groups}
    for part in parts(tx, invoice, method, invoice.customer_id, descendants=True):
        yield from _rows(part, products)


def _rows(part: Part, products: Mapping[str, str]) -> Iterator[UsageRow]:
    unshared = {item.metric_id: item for item in part.usage}
    metrics = {id: item.title for id, item in unshared.items()}
    who: dict[str, Any] = {
        "depth": len(part.path) - 1,
        "path": " / ".join(name for _, name in part.path[:-1]),
        "customer_id": part.customer,
        "customer": part.name,
    }
    for share in part.shares:
        line = share.line
        if line.deducted is None:  # what came late is none of the usage shown
            unshared.pop(line.usage_metric_id or "", None)
        yield UsageRow(
            **who,
            line_item_id=line.id,
            product=products.get(line.group_id or ""),
            line=line.title,
            service=line.service,
            metric=metrics.get(line.usage_metric_id or ""),
            unit=line.unit,
            quantity=share.quantity,
            net=share.net,
            tax=share.tax,
        )
    for item in unshared.values():
        yield UsageRow(**who, metric=item.title, unit=item.unit, quantity=item.value)
