"""A customer's own page of an invoice: what it used and its share, and nothing about the others.

Neither a rate nor a segment is on it: they tell what the whole family used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from catchment.core.allocation import Method
from catchment.core.errors import NotFound
from catchment.core.hierarchy import CustomerId
from catchment.core.money import Money, total
from catchment.documents import format as written
from catchment.documents import invoice as paper
from catchment.documents.render import render
from catchment.flows.render_invoice import paper_of, seller_of
from catchment.flows.share_invoice import Allocation, shares_of
from catchment.store import customers, invoice_contents, invoices, statements
from catchment.store.invoice_contents import UsageItem
from catchment.store.invoices import Invoice

_HOW = {
    Method.PROPORTIONAL: "Your share of each amount is by usage.",
    Method.MARGINAL: "Your share of each amount is by usage, in the order in which it arose.",
    Method.STANDALONE: "Your share of each amount is by what your usage alone would have cost.",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One customer's part in an issued invoice. ``name`` is the one it had then."""

    customer: CustomerId
    name: str
    invoice: Invoice
    method: Method
    usage: tuple[UsageItem, ...]
    shares: tuple[Allocation, ...]

    @property
    def net(self) -> Money:
        return total((one.net for one in self.shares), self.invoice.currency)

    @property
    def tax(self) -> Money:
        return total((one.tax for one in self.shares), self.invoice.currency)

    @property
    def gross(self) -> Money:
        return self.net + self.tax


def statement(
    tx: Connection, workspace_id: str, customer: CustomerId, invoice_id: str, method: Method
) -> Statement:
    """What an invoice says of one customer.

    Raises NotFound, also where it says nothing of it, and for drafts and void invoices.
    """
    customers.row(tx, workspace_id, customer)
    row = tx.execute(statements.query(workspace_id, customer, invoice_id=invoice_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no statement for {customer} on an issued invoice {invoice_id}.")
    return statement_of(tx, invoices.of_row(row), customer, method)


def statement_of(
    tx: Connection, invoice: Invoice, customer: CustomerId, method: Method
) -> Statement:
    """A customer's part in an invoice that it has a part in."""
    member = invoice_contents.member(tx, invoice.workspace_id, invoice.id, customer)
    return Statement(
        customer,
        invoice.customer_legal_name if member is None else member.title,
        invoice,
        method,
        () if member is None else member.items,
        shares_of(tx, invoice, method, customer),
    )


def statement_pdf(tx: Connection, found: Statement) -> bytes:
    """The statement as a PDF: the same statement, the same bytes."""
    invoice = found.invoice
    assert invoice.merchant is not None, invoice.id
    groups = invoice_contents.groups(tx, invoice.workspace_id, invoice.id)
    titles = {group.id: group.title for group in groups}
    issued = f"It tells {found.name} its share of an invoice to {invoice.customer_legal_name}."
    return render(
        paper.InvoiceDocument(
            title="Statement",
            recipient_label="For",
            amount_label="Your share",
            columns=("Description", "Your usage", "", "Your share"),
            seller=seller_of(invoice.merchant),
            customer=paper.Recipient(found.name),
            currency=invoice.currency,
            groups=tuple(_groups(found, titles)),
            totals=paper.Totals(
                net=written.money(found.net),
                gross=written.money(found.gross),
                due=written.money(found.gross),
            ),
            dated=invoice.issue_date,
            issue_date=written.day(invoice.issue_date) if invoice.issue_date else None,
            period=written.days(invoice.billing_period) if invoice.billing_period else None,
            reference=invoice.number,
            notes=("This is not an invoice. " + issued, _HOW[found.method]),
            paper=paper_of(invoice.merchant),
        )
    )


def _groups(found: Statement, titles: dict[str, str]) -> Iterator[paper.Group]:
    """The shares by product, in the order printed."""
    in_order = sorted(found.shares, key=lambda one: one.line.index)
    for group_id, own in groupby(in_order, key=lambda one: one.line.group_id):
        shares = list(own)
        yield paper.Group(
            title=titles.get(group_id or "", ""),
            lines=tuple(_line(one, found.invoice) for one in shares),
            subtotal=written.money(total((one.net for one in shares), found.invoice.currency)),
        )


def _line(share: Allocation, invoice: Invoice) -> paper.Line:
    line = share.line
    service = None if line.service == invoice.billing_period else line.service
    return paper.Line(
        title=line.title,
        quantity=written.quantity(share.quantity),
        rate="",
        amount=written.money(share.net),
        unit=line.unit or "",
        service=written.days(service) if service else "",
    )
