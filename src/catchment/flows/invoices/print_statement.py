"""A statement as a PDF: a page for the shares, and for a branch pages with its members."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection

from catchment.core.shares.allocation import Method
from catchment.core.values.money import total
from catchment.documents import format as written
from catchment.documents import invoice as paper
from catchment.documents.breakdown import Measured, Member, breakdown
from catchment.documents.render import render
from catchment.flows.invoices.branch_parts import Part
from catchment.flows.invoices.render_invoice import paper_of, seller_of
from catchment.flows.invoices.show_statement import LineSum, Statement
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Invoice

_HOW = {
    Method.PROPORTIONAL: "The share of each amount is by usage.",
    Method.MARGINAL: "The share of each amount is by usage, in the order in which it arose.",
    Method.STANDALONE: "The share of each amount is by what the usage alone would have cost.",
}
_NO_SUM = "{}: the customers' own figures do not add up, so there is no sum."
_FULL_TABLE = "Each of them is in the statement as the API gives it."


def statement_pdf(tx: Connection, found: Statement) -> bytes:
    """The statement as a PDF: the same statement, the same bytes."""
    head = found.head
    invoice = head.invoice
    assert invoice.merchant is not None, invoice.id
    groups = invoice_contents.groups(tx, invoice.workspace_id, invoice.id)
    titles = {group.id: group.title for group in groups}
    whose = f"{head.name} with all customers below it" if head.descendants else head.name
    issued = f"It tells the share of {whose} in an invoice to {invoice.customer_legal_name}."
    return render(
        paper.InvoiceDocument(
            title="Statement",
            recipient_label="For",
            amount_label="Your share",
            columns=("Description", "Your usage", "", "Your share"),
            seller=seller_of(invoice.merchant),
            customer=paper.Recipient(head.name),
            currency=invoice.currency,
            groups=tuple(_groups(found, titles)),
            totals=paper.Totals(
                net=written.money(head.net),
                gross=written.money(head.gross),
                due=written.money(head.gross),
                taxes=(paper.Fact("Tax", written.money(head.tax)),) if head.tax.minor else (),
            ),
            dated=invoice.issue_date,
            issue_date=written.day(invoice.issue_date) if invoice.issue_date else None,
            period=written.days(invoice.billing_period) if invoice.billing_period else None,
            reference=invoice.number,
            notes=("This is not an invoice. " + issued, _HOW[head.method]),
            usage=_members(found) if head.descendants else None,
            paper=paper_of(invoice.merchant),
        )
    )


def _groups(found: Statement, titles: dict[str, str]) -> Iterator[paper.Group]:
    """The shares by product, in the order printed."""
    currency = found.head.invoice.currency
    for group_id, own in groupby(found.lines, key=lambda one: one.line.group_id):
        lines = list(own)
        yield paper.Group(
            title=titles.get(group_id or "", ""),
            lines=tuple(_line(one, found.head.invoice) for one in lines),
            subtotal=written.money(total((one.net for one in lines), currency)),
        )


def _line(share: LineSum, invoice: Invoice) -> paper.Line:
    line = share.line
    service = None if line.service == invoice.billing_period else line.service
    return paper.Line(
        title=line.title,
        quantity="" if share.quantity is None else written.quantity(share.quantity),
        rate="",
        amount=written.money(share.net),
        unit="" if share.quantity is None else line.unit or "",
        service=written.days(service) if service else "",
    )


def _members(found: Statement) -> paper.UsageBreakdown:
    """Every member of the branch with its usage and its share, then the sums."""
    sums = [
        Measured(one.metric_id, one.title, one.value, one.unit or "")
        for one in found.usage
        if one.value is not None
    ]
    return breakdown(
        [_member(part) for part in found.members],
        sums,
        adding_up={one.metric_id for one in sums},
        notes=tuple(_NO_SUM.format(one.title) for one in found.usage if one.value is None),
        elsewhere=_FULL_TABLE,
    )


def _member(part: Part) -> Member:
    return Member(
        part.name,
        [Measured(i.metric_id, i.title, i.value, i.unit or "") for i in part.usage],
        [name for _, name in part.path[:-1]],
        share=part.net + part.tax,
    )
