"""An invoice as a PDF: kept once it has a number, made anew while it is a draft."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from catchment.core.invoices.settling import StepKind
from catchment.core.terms.pricing import Segment
from catchment.core.terms.schedules import Scope
from catchment.core.values.money import exact_sum
from catchment.documents import format as written
from catchment.documents import invoice as paper
from catchment.documents.address import address_lines
from catchment.documents.breakdown import Measured, Member, breakdown
from catchment.documents.payment import payment_details
from catchment.documents.render import render
from catchment.flows.invoices.printed_seller import printed_seller
from catchment.flows.invoices.printed_taxes import tax_facts, tax_notes, tax_of, tax_rows, tax_sums
from catchment.store import merchants
from catchment.store.engine import writing
from catchment.store.invoices import invoice_contents, invoice_documents, invoices
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem, LineItemGroup

_LETTER_COUNTRIES = frozenset({"US", "CA", "MX"})
_WATERMARKS = {Status.DRAFT: "DRAFT", Status.VOIDED: "VOID"}


def invoice_pdf(tx: Connection, engine: Engine, invoice: Invoice, *, now: datetime) -> bytes:
    """The PDF of an invoice. With a number it is rendered once; later answers are those bytes."""
    if invoice.number is None:
        seller = printed_seller(tx, merchants.get(tx, invoice.workspace_id))
        return render(_document(tx, invoice, seller(invoice)))
    kept = invoice_documents.kept(tx, invoice.id)
    if kept is not None:
        return kept
    assert invoice.merchant is not None, invoice.id
    pdf = render(_document(tx, invoice, invoice.merchant))
    with writing(engine) as own:  # the reader's snapshot cannot write
        current = invoices.find(own, invoice.workspace_id, invoice.id, for_change=True)
        kept = invoice_documents.kept(own, invoice.id)
        if current is None or current.status is not invoice.status:
            return pdf  # voided meanwhile: this is what it was when it was asked for
        if kept is None:
            digest = hashlib.sha256(pdf).hexdigest()
            invoice_documents.keep(own, invoice, pdf, sha256=digest, now=now)
    return kept or pdf


def _document(
    tx: Connection, invoice: Invoice, merchant: Mapping[str, Any]
) -> paper.InvoiceDocument:
    contents = invoice_contents.of(tx, invoice.workspace_id, invoice.id)
    return document(invoice, contents, merchant)


def document(
    invoice: Invoice, contents: Contents, merchant: Mapping[str, Any]
) -> paper.InvoiceDocument:
    """What the paper says, down to the last word."""
    taxes = tax_sums(contents)
    return paper.InvoiceDocument(
        seller=seller_of(merchant),
        customer=paper.Recipient(
            name=invoice.customer_legal_name,
            address=address_lines(invoice.customer_billing_address),
            emails=invoice.customer_emails,
            tax_id=invoice.customer_tax_id,
        ),
        currency=invoice.currency,
        groups=tuple(_groups(invoice, contents, several_rates=len(taxes) > 1)),
        totals=paper.Totals(
            net=written.money(invoice.net),
            gross=written.money(invoice.gross),
            due=written.money(invoice.gross),
            taxes=tax_facts(taxes),
        ),
        taxes=tax_rows(taxes),
        notes=tax_notes(invoice),
        watermark=_WATERMARKS.get(invoice.status),
        number=invoice.number,
        dated=invoice.issue_date,
        issue_date=written.day(invoice.issue_date) if invoice.issue_date else None,
        due_date=written.day(invoice.due_date) if invoice.due_date else None,
        period=written.days(invoice.billing_period) if invoice.billing_period else None,
        purchase_order=invoice.purchase_order_number,
        reference=invoice.reference,
        payment=payment_details(merchant, invoice.number),
        memo=invoice.memo,
        usage=_usage(invoice, contents),
        paper=paper_of(merchant),
    )


def paper_of(merchant: Mapping[str, Any]) -> Literal["a4", "us-letter"]:
    """The format that the seller's country prints on."""
    address = merchant.get("address") or {}
    return "us-letter" if address.get("country") in _LETTER_COUNTRIES else "a4"


def seller_of(merchant: Mapping[str, Any]) -> paper.Seller:
    """The seller as printed."""
    facts = (paper.Fact(f["key"], f["value"]) for f in merchant.get("customFields") or ())
    return paper.Seller(
        name=merchant["legalCompanyName"],
        address=address_lines(merchant.get("address") or {}),
        email=merchant.get("email"),
        phone=merchant.get("phoneNumber"),
        tax_id=merchant.get("taxId"),
        registrations=tuple(facts),
        logo=_image(merchant.get("logoUrl")),
        colour=merchant.get("primaryColour"),
    )


def _image(url: str | None) -> bytes | None:
    """The bytes of a ``data:`` address; None for any other, since nothing is fetched."""
    scheme, _, encoded = (url or "").partition(";base64,")
    if not scheme.startswith("data:image/"):
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None


def _groups(invoice: Invoice, contents: Contents, *, several_rates: bool) -> Iterator[paper.Group]:
    for group in contents.groups:
        own = (line for line in contents.lines if line.group_id == group.id)
        lines = ((_line(line, invoice), tax_of(line) if several_rates else "") for line in own)
        yield _group(group, [replace(line, tax=tax) for line, tax in lines])


def _group(group: LineItemGroup, lines: list[paper.Line]) -> paper.Group:
    return paper.Group(
        title=group.title,
        lines=tuple(lines),
        subtotal=written.money(group.net),
        description=group.description or "",
    )


def _line(line: LineItem, invoice: Invoice) -> paper.Line:
    currency = invoice.currency
    explained = _needs_segments(line)
    # The invoice says its own period once; the title of an adjustment says which one it is for.
    said = line.service == invoice.billing_period or line.deducted is not None
    segments = (_segment(s, line, currency) for s in line.segments) if explained else ()
    return paper.Line(
        title=line.title,
        quantity="" if line.counts_nothing else written.quantity(line.quantity),
        rate="" if explained else _rate(line.rate, line, currency),
        amount=written.money(line.net),
        unit=line.unit or "",
        detail=line.description or "",
        service=written.days(line.service) if line.service and not said else "",
        segments=(*segments, *_steps(line), *_taken_off(line)),
    )


def _steps(line: LineItem) -> Iterator[paper.Segment]:
    """What discounts take off within the line, or how what is missing to a minimum comes about.

    A discount that is a line of its own stands below what it is of.
    """
    for step in line.steps:
        if step.kind is StepKind.MINIMUM and step.amount.minor:
            yield paper.Segment("Minimum", amount=written.money(step.before + step.amount))
            yield paper.Segment("Charges that count", amount=written.money(-step.before))
        elif line.settles is None:
            yield paper.Segment(step.message or "Discount", amount=written.money(step.amount))


def _taken_off(line: LineItem) -> Iterator[paper.Segment]:
    """What an adjustment deducts from the charge as it is known by now."""
    if line.deducted is not None:
        yield paper.Segment(
            "Billed before",
            quantity=written.quantity(-line.deducted.quantity),
            amount=written.money(-line.deducted.net),
        )


def _needs_segments(line: LineItem) -> bool:
    """Whether quantity and rate alone do not explain the amount."""
    if line.deducted is not None or (line.steps and line.settles is None):
        return True
    if len(line.segments) != 1:
        return bool(line.segments)
    [only] = line.segments
    plain = only.quantity == line.quantity and not only.fee
    return not plain or only.amount != only.quantity * only.rate


def _segment(segment: Segment, line: LineItem, currency: str) -> paper.Segment:
    tiered = segment.lower is not None or segment.upper is not None
    in_packages = not tiered and segment.quantity != line.whole_quantity
    every = "Price" if line.usage_metric_id is None else "All units"
    units = written.segment_range(segment.lower, segment.upper) or every
    return paper.Segment(
        label="Packages" if in_packages else units,
        quantity=written.quantity(segment.quantity),
        rate=_rate(segment.rate, line, currency),
        fee=written.rate(segment.fee, currency) if segment.fee else "",
        amount=written.rate(segment.amount, currency),
    )


def _rate(value: Decimal, line: LineItem, currency: str) -> str:
    if line.rate_display == "PERCENTAGE":
        return written.percentage(value)
    return written.rate(value, currency)


def _usage(invoice: Invoice, contents: Contents) -> paper.UsageBreakdown | None:
    """Who used what, where the usage of several customers was priced together."""
    users = [group for group in contents.usage if group.items]
    if not users:
        return None
    members = [
        Member(
            group.title,
            [Measured(i.metric_id, i.title, i.value, i.unit or "") for i in group.items],
            [name for _, name in group.path[:-1]],
        )
        for group in users
    ]
    sums: dict[str, list[Decimal]] = {}
    for group in users:
        for item in group.items:
            sums.setdefault(item.metric_id, []).append(item.value)
    pooled = _pooled(contents)
    adding_up = {m.metric_id for m in pooled if exact_sum(sums.get(m.metric_id, ())) == m.value}
    return breakdown(members, pooled, adding_up=adding_up, notes=invoice.notes)


def _pooled(contents: Contents) -> list[Measured]:
    """What was priced of each metric for the members, titled as in the breakdown."""
    titles = {item.metric_id: item for group in contents.usage for item in group.items}
    priced: dict[str, dict[str | None, list[LineItem]]] = {}
    for line in contents.lines:
        shared = line.share_counts is not None and line.deducted is None
        if line.usage_metric_id in titles and shared:
            of_metric = priced.setdefault(line.usage_metric_id, {})
            of_metric.setdefault(line.schedule_id, []).append(line)
    return [
        Measured(
            metric,
            titles[metric].title,
            exact_sum(line.quantity for own in lines.values() for line in _outermost(own)),
            titles[metric].unit or "",
        )
        for metric, lines in priced.items()
    ]


def _outermost(lines: list[LineItem]) -> Iterator[LineItem]:
    """One line for each stretch: usage may be priced twice, or by month and again by quarter.

    Lines of different scopes have no usage in common.
    """
    until: dict[Scope, date] = {}
    services = [(line.service, line) for line in lines if line.service is not None]
    for service, line in sorted(services, key=lambda one: (one[0].start, -one[0].days)):
        if service.start >= until.get(line.scope, date.min):
            until[line.scope] = service.end
            yield line
