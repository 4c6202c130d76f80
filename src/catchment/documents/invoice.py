"""What an invoice says, down to the last word: the only argument of ``render``.

Every figure, date and name is final text here, so a document can be stored beside its invoice, read
by a test, and printed again without the database, a price or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what stands beside it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sends the invoice. ``logo`` is the bytes of a PNG, JPEG, GIF, WebP or SVG image.

    ``colour`` is ``#rrggbb`` and only an accent; anything else is replaced by a quiet blue.
    ``registrations`` are further facts to print under the address, such as a company number.
    """

    name: str
    address: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    tax_id: str | None = None
    registrations: tuple[Fact, ...] = ()
    logo: bytes | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is invoiced. ``shipping_address`` is printed when there is one."""

    name: str
    address: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    tax_id: str | None = None
    shipping_address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A part that explains the amount of its line. An empty text leaves its cell empty."""

    label: str
    quantity: str = ""
    rate: str = ""
    fee: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One price. ``unit`` names what ``quantity`` counts; ``service`` says when it was used.

    ``tax`` names the line's rate where that cannot be told from the whole document.
    """

    title: str
    quantity: str
    rate: str
    amount: str
    unit: str = ""
    detail: str = ""
    service: str = ""
    segments: tuple[Segment, ...] = ()
    tax: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one product. ``subtotal`` is printed when there are several groups."""

    title: str
    lines: tuple[Line, ...]
    subtotal: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """From net to due. ``taxes`` stand between net and gross, ``settled`` between gross and due."""

    net: str
    gross: str
    due: str
    taxes: tuple[Fact, ...] = ()
    settled: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxRow:
    """The lines that are taxed alike: what they come to without tax, and their tax."""

    name: str
    rate: str
    net: str
    tax: str


@dataclass(frozen=True, slots=True)
class PaymentDetails:
    """One way to pay: the name of a bank destination and its facts in reading order."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class UsageItem:
    """What a member used of one metric."""

    metric: str
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class UsageMember:
    """A member's usage. ``depth`` is 0 for the payer; ``path`` names who stands above it."""

    name: str
    items: tuple[UsageItem, ...]
    depth: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class UsageBreakdown:
    """Usage customer by customer, then metric by metric, on pages of its own.

    ``totals`` is the pooled usage that was priced; ``rest`` are members without a line.
    """

    members: tuple[UsageMember, ...]
    totals: tuple[UsageItem, ...] = ()
    rest: UsageMember | None = None
    intro: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """An invoice or a draft of one.

    ``dated`` is the day written into the file's metadata; a document without it is not an archive
    copy. ``watermark`` is for what must not be taken for a valid invoice: ``DRAFT`` or ``VOID``.
    ``notes`` are what the law wants said, such as a reverse charge.
    """

    seller: Seller
    customer: Recipient
    currency: str
    groups: tuple[Group, ...]
    totals: Totals
    taxes: tuple[TaxRow, ...] = ()
    title: str = "Invoice"
    recipient_label: str = "Billed to"
    amount_label: str = "Amount due"
    columns: tuple[str, str, str, str] = ("Description", "Quantity", "Unit price", "Amount")
    watermark: str | None = None
    number: str | None = None
    dated: date | None = None
    issue_date: str | None = None
    due_date: str | None = None
    period: str | None = None
    purchase_order: str | None = None
    reference: str | None = None
    payment: tuple[PaymentDetails, ...] = ()
    memo: str | None = None
    notes: tuple[str, ...] = ()
    usage: UsageBreakdown | None = None
    paper: Literal["a4", "us-letter"] = "a4"
