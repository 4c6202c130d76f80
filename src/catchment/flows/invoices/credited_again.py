"""How shares of a credit came about: by what members have of the charge that it pays."""

from __future__ import annotations

from collections.abc import Container

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.settled_shares import SharedBy, working
from catchment.core.shares.allocation import Columns, Method, Reckoning
from catchment.core.shares.weights import SettledLine
from catchment.core.values.errors import FigureDiffers
from catchment.flows.credits.credit_lines import paid_lines, parts_of, parts_to_pay
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import LineItem


def credited_again(
    tx: Connection, invoice: Invoice, line: LineItem, method: Method, wanted: Container[CustomerId]
) -> dict[CustomerId, Reckoning]:
    """How the shares of those ``wanted`` in the line of a credit came about, by one method.

    Raises FigureDiffers where the invoice has nothing that the line pays.
    """
    stored = invoice_contents.of(tx, invoice.workspace_id, invoice.id)
    paid = paid_lines(stored.lines, line)
    weights = parts_to_pay(stored.usage, paid)
    if not weights:
        raise FigureDiffers(f"What line item {line.id} pays is nobody's.")
    lines = [(_called(one), Columns.of(parts_of(stored.usage, [one]))) for one in paid]
    shared = SharedBy.of_lines(line.net.currency, Columns.of(weights), lines)
    return working(line.net, shared, method).reckonings(wanted)


def _called(line: LineItem) -> SettledLine:
    assert line.service is not None, line
    return SettledLine(line.shown_price_id or line.price_id or "", line.title, line.service)
