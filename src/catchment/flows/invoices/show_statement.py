"""A customer's own page of an invoice: what it used and its share, and nothing about the others.

With its descendants it is of the whole branch, member by member. Neither a rate nor a segment is on
it: they tell what the whole family used. Nor is who stands above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.allocation import Method
from catchment.core.usage.metering import ADDING_UP
from catchment.core.values.errors import NotFound
from catchment.core.values.money import Money, Taxed, exact_sum, total
from catchment.flows.invoices.branch_parts import Part, parts
from catchment.flows.invoices.share_invoice import Allocation
from catchment.store.families import customers
from catchment.store.invoices import invoice_contents, invoices, statements
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import LineItem, UsageItem


@dataclass(frozen=True, slots=True)
class UsageSum:
    """What was used of a metric; ``value`` is None where the members' figures do not add up."""

    metric_id: str
    title: str
    value: Decimal | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class LineSum(Taxed):
    """The share of a line; ``quantity`` is None where the members' figures do not add up, or
    there is none to tell.
    """

    line: LineItem
    quantity: Decimal | None
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class StatementHead(Taxed):
    """What an issued invoice comes to for a customer. ``name`` is the one it had then."""

    customer: CustomerId
    name: str
    invoice: Invoice
    method: Method
    descendants: bool
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in full: the sums, and the members they are of."""

    head: StatementHead
    usage: tuple[UsageSum, ...]
    lines: tuple[LineSum, ...]
    members: tuple[Part, ...]


def head_of(
    tx: Connection, invoice: Invoice, customer: CustomerId, method: Method, *, descendants: bool
) -> StatementHead:
    """What an invoice that the customer has a part in comes to for it, or for its branch."""
    if descendants and customer == invoice.customer_id:  # everything is below the payer
        name, net, tax = invoice.customer_legal_name, invoice.net, invoice.tax
    else:
        name = ""
        net = tax = Money(0, invoice.currency)
        for part in parts(tx, invoice, method, customer, descendants=descendants):
            [(_, name), *_] = part.path
            net, tax = net + part.net, tax + part.tax
    return StatementHead(customer, name, invoice, method, descendants, net, tax)


def statement(
    tx: Connection,
    workspace_id: str,
    customer: CustomerId,
    invoice_id: str,
    method: Method,
    *,
    descendants: bool = False,
) -> Statement:
    """What an invoice says of one customer, or of its whole branch.

    Raises NotFound, also where it says nothing of it, and for drafts and void invoices.
    """
    customers.row(tx, workspace_id, customer)
    query = statements.query(workspace_id, customer, invoice_id=invoice_id, descendants=descendants)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no statement for {customer} on an issued invoice {invoice_id}.")
    invoice = invoices.of_row(row)
    found = tuple(parts(tx, invoice, method, customer, descendants=descendants))
    [(_, name), *_] = found[0].path
    shares = [share for part in found for share in part.shares]
    lines = invoice_contents.lines(tx, workspace_id, invoice_id)
    return Statement(
        StatementHead(
            customer,
            name,
            invoice,
            method,
            descendants,
            total((one.net for one in shares), invoice.currency),
            total((one.tax for one in shares), invoice.currency),
        ),
        tuple(_usage(found, lines)),
        tuple(_lines(shares, invoice.currency)),
        found,
    )


def _usage(members: Iterable[Part], lines: Iterable[LineItem]) -> Iterator[UsageSum]:
    """What the members used, metric by metric, in the order in which the metrics first occur."""
    adding_up = {line.usage_metric_id for line in lines if line.aggregation in ADDING_UP}
    items: dict[str, list[UsageItem]] = {}
    for part in members:
        for item in part.usage:
            items.setdefault(item.metric_id, []).append(item)
    for metric_id, own in items.items():
        alone = len(own) == 1
        value = exact_sum(i.value for i in own) if alone or metric_id in adding_up else None
        yield UsageSum(metric_id, own[0].title, value, own[0].unit)


def _lines(shares: Iterable[Allocation], currency: str) -> Iterator[LineSum]:
    """The shares line by line, in the order printed."""
    by_line: dict[int, list[Allocation]] = {}
    for share in shares:
        by_line.setdefault(share.line.index, []).append(share)
    for _, own in sorted(by_line.items()):
        line = own[0].line
        told = not line.counts_nothing and (len(own) == 1 or line.aggregation in ADDING_UP)
        yield LineSum(
            line,
            exact_sum(one.quantity for one in own) if told else None,
            total((one.net for one in own), currency),
            total((one.tax for one in own), currency),
        )
