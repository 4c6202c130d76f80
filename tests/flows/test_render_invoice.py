"""What is printed is what is stored: parties, lines and their segments, the family's usage."""

import base64
from datetime import date
from decimal import Decimal as D
from threading import Barrier, Thread

import pytest
from msgspec import structs

from catchment import ids
from catchment.core.invoices.adjustments import Deducted
from catchment.core.invoices.settling import Step, StepKind
from catchment.core.terms.pricing import Segment
from catchment.core.terms.taxes import Reason, Taxation, TaxRate, tax_on
from catchment.core.values.money import Money, total
from catchment.core.values.period import Period
from catchment.documents.invoice import Fact, InvoiceDocument, TaxRow
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.invoices.finalize_invoice import finalize_invoice, one_invoice
from catchment.flows.invoices.render_invoice import document, invoice_pdf
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_documents
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows.invoice_parts import (
    Contents,
    LineItem,
    LineItemGroup,
    PrintedMetric,
    UsageItem,
    UsageItemGroup,
)
from tests.flows.books import ADDRESS, NOW, Books, fixed

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1))
PNG = b"\x89PNG\r\n\x1a\nrest"
MERCHANT = {
    "legalCompanyName": "Seller Ltd",
    "address": ADDRESS | {"state": "CA", "country": "US"},
    "email": "billing@seller.test",
    "taxId": "GB1",
    "customFields": [{"key": "Company no.", "value": "77"}],
    "logoUrl": "data:image/png;base64," + base64.b64encode(PNG).decode(),
    "primaryColour": "#123456",
    "iban": "DE89370400440532013000",
}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


INVOICE = Invoice(
    id="i",
    workspace_id="w",
    customer_id="c",
    schedule_id="s",
    due_on=date(2026, 4, 1),
    status=Status.FINAL,
    currency="USD",
    net=usd(10000),
    tax=usd(0),
    customer_emails=("ap@buyer.test",),
    customer_legal_name="Buyer Ltd",
    customer_billing_address=ADDRESS,
    customer_tax_status="TAXED",
    accounting_date=date(2026, 3, 31),
    created_at=NOW,
    updated_at=NOW,
    billing_period=MARCH,
    number="SEQ-00007",
    issue_date=date(2026, 4, 1),
    due_date=date(2026, 5, 1),
    purchase_order_number="PO-1",
    memo="Thanks",
)


def line(segments: tuple[Segment, ...], quantity: str, **more) -> LineItem:
    head = LineItem(
        id=ids.new_id(),
        invoice_id="i",
        group_id="g",
        index=0,
        title="Calls",
        quantity=D(quantity),
        rate=D("0.5"),
        rate_display="ABSOLUTE",
        net=usd(100),
        tax=usd(0),
        service=MARCH,
        segments=segments,
        unit="calls",
    )
    return structs.replace(head, **more)


def segment(quantity: str, rate: str, amount: str, fee: str = "0", *bounds: str | None) -> Segment:
    lower, upper = (None if b is None else D(b) for b in (bounds or (None, None)))
    return Segment(D(quantity), D(rate), D(fee), D(amount), lower, upper)


def printed(*lines: LineItem, usage: tuple[UsageItemGroup, ...] = (), **merchant):
    group = LineItemGroup("g", "i", 0, "Platform", "p", usd(10000), usd(0))
    return document(INVOICE, Contents((group,), lines, usage), MERCHANT | merchant)


def test_a_line_names_its_period_where_the_invoice_has_another() -> None:
    paper = printed(line((), "4"), line((), "4", service=QUARTER))

    [own, other] = paper.groups[0].lines
    assert own.service == ""
    assert other.service != ""


def test_a_discount_within_a_line_and_a_minimum_say_what_they_are_made_of() -> None:
    off = Step(StepKind.DISCOUNT, "d", "Launch", usd(200), usd(-20))
    least = Step(StepKind.MINIMUM, "m", "Minimum", usd(180), usd(820))
    minimum = line((), "1", title="Minimum", settles=StepKind.MINIMUM, steps=(least,))
    launch = line((), "1", title="Launch", settles=StepKind.DISCOUNT, steps=(off,))

    paper = printed(line((segment("4", "0.5", "2"),), "4", steps=(off,)), launch, minimum)

    found = [[(s.label, s.amount) for s in one.segments] for one in paper.groups[0].lines]
    assert found == [
        [("Price", "$2.00"), ("Launch", "−$0.20")],
        [],
        [("Minimum", "$10.00"), ("Charges that count", "−$1.80")],
    ]


def test_the_parties_the_days_and_the_way_to_pay() -> None:
    paper = printed()

    assert (paper.number, paper.watermark, paper.dated) == ("SEQ-00007", None, date(2026, 4, 1))
    assert paper.seller.logo == PNG
    assert (paper.seller.colour, paper.seller.tax_id) == ("#123456", "GB1")
    assert [(f.label, f.value) for f in paper.seller.registrations] == [("Company no.", "77")]
    assert paper.customer.emails == ("ap@buyer.test",)
    assert paper.totals.net == paper.totals.due == "$100.00"
    assert paper.paper == "us-letter"
    [transfer] = paper.payment
    assert transfer.facts[-1].value == "SEQ-00007"


@pytest.mark.parametrize(
    "address",
    [
        None,
        "https://elsewhere.test/logo.png",
        "data:image/png;base64,~~~",
        "data:text/html;base64,AAAA",
    ],
)
def test_only_a_picture_that_came_with_the_seller_is_a_logo(address: str | None) -> None:
    assert printed(logoUrl=address).seller.logo is None


def test_one_rate_stands_in_the_line_and_several_below_it() -> None:
    plain = line((segment("2", "0.5", "1"),), "2")
    tiers = line(
        (
            segment("100", "1", "120", "20", "0", "100"),
            segment("25", "0.75", "18.75", "0", "100", None),
        ),
        "125",
    )
    packages = line((segment("3", "10", "30"),), "600")
    share = line((segment("600", "0.005", "3"),), "600", rate=D("0.005"), rate_display="PERCENTAGE")
    unused = line((), "0")

    [group] = printed(plain, tiers, packages, share, unused).groups

    assert [(ln.quantity, ln.rate, len(ln.segments)) for ln in group.lines] == [
        ("2", "$0.50", 0),
        ("125", "", 2),
        ("600", "", 1),
        ("600", "0.5%", 0),
        ("0", "$0.50", 0),
    ]
    first = group.lines[1].segments[0]
    assert (first.quantity, first.rate, first.fee, first.amount) == (
        "100",
        "$1.00",
        "$20.00",
        "$120.00",
    )


def test_a_month_within_its_quarter_is_not_added_to_what_was_pooled() -> None:
    member = UsageItemGroup(
        "u", "i", 0, "c2", "Child", 1, (("c", "Buyer"), ("c2", "Child")),
        (UsageItem(PrintedMetric("m", "calls", "calls", 0), D(9)),),
    )  # fmt: skip
    lines = (
        line((), "4", usage_metric_id="m", service=MARCH, share_counts=(1, 1, 1)),
        line((), "9", usage_metric_id="m", service=QUARTER, share_counts=(1, 1, 1)),
        line((), "5", usage_metric_id="other", share_counts=(1, 1, 1)),
    )

    breakdown = printed(*lines, usage=(member,)).usage

    assert breakdown is not None
    assert [(t.metric, t.value) for t in breakdown.totals] == [("calls", "9")]
    assert [(m.name, m.depth) for m in breakdown.members] == [("Child", 1)]


def test_what_prices_of_different_names_measured_adds_up_and_of_the_same_names_does_not() -> None:
    member = UsageItemGroup(
        "u", "i", 0, "c2", "Child", 1, (("c", "Buyer"), ("c2", "Child")),
        (UsageItem(PrintedMetric("m", "calls", "calls", 0), D(9)),),
    )  # fmt: skip
    kilo = frozenset({"kilo"})
    lines = (
        line((), "4", usage_metric_id="m", share_counts=(1, 1, 1)),
        line((), "10", usage_metric_id="m", scope=kilo, share_counts=(1, 1, 1)),
        line((), "10", usage_metric_id="m", scope=kilo, share_counts=(1, 1, 1)),
    )

    breakdown = printed(*lines, usage=(member,)).usage

    assert breakdown is not None
    assert [total.value for total in breakdown.totals] == ["14"]


def test_a_fee_that_is_given_back_prints_no_quantity_but_usage_that_is_taken_back_does() -> None:
    taken = Deducted(1, ("l0",), D(1), usd(31000), 0)
    fee = line((), "0", deducted=taken, unit=None)
    calls = line((), "0", deducted=taken, usage_metric_id="m")
    group = LineItemGroup("g", "i", 0, "Platform", "p", usd(200), usd(0))

    printed = document(INVOICE, Contents((group,), (fee, calls)), MERCHANT)

    assert [one.quantity for one in printed.groups[0].lines] == ["", "0"]


@pytest.fixture
def final(books: Books) -> Invoice:
    books.schedule(books.customer("Payer"), books.price(fixed("10")))
    books.write()
    day = date(2026, 2, 1)
    run = bill_workspace(
        books.engine, books.usage, books.workspace, as_of=day, now=NOW, new_id=ids.new_id
    )
    with writing(books.engine) as tx:
        return finalize_invoice(tx, books.workspace.id, run.drafted[0].id, on=day, now=NOW)


def test_of_two_who_ask_at_once_both_get_the_document_that_is_kept(
    books: Books, final: Invoice
) -> None:
    together = Barrier(2)
    answers = []

    def ask() -> None:
        with reading(books.engine) as tx:
            invoice = one_invoice(tx, books.workspace.id, final.id)
            together.wait()
            answers.append(invoice_pdf(tx, books.engine, invoice, now=NOW))

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading(books.engine) as tx:
        kept = invoice_documents.kept(tx, final.id)
    assert answers == [kept, kept]


def test_a_document_voided_while_it_is_rendered_is_not_kept(books: Books, final: Invoice) -> None:
    with reading(books.engine) as tx:
        invoice = one_invoice(tx, books.workspace.id, final.id)
        with writing(books.engine) as other:
            void_invoice(other, books.workspace.id, final.id, on=date(2026, 2, 2), now=NOW)

        assert invoice_pdf(tx, books.engine, invoice, now=NOW).startswith(b"%PDF-")

    with reading(books.engine) as tx:
        assert invoice_documents.kept(tx, final.id) is None


VAT = TaxRate("vat", "vat-2", 2, "Value added tax", "VAT", D("0.2"))
REDUCED = TaxRate("low", "low-1", 1, "Reduced VAT", "VAT", D("0.055"))


def taxed(*taxations: Taxation, status: str = "TAXED") -> InvoiceDocument:
    """An invoice of a line of 100 for each of these."""
    lines = []
    for index, taxation in enumerate(taxations):
        rate = taxation.fraction
        tax = tax_on(usd(10000), rate)
        one = line((), "1", id=f"l{index}", tax=tax, tax_rate=rate, taxation=taxation)
        lines.append(structs.replace(one, net=usd(10000)))
    whole = usd(10000 * len(lines)), total((one.tax for one in lines), "USD")
    group = LineItemGroup("g", "i", 0, "Platform", "p", *whole)
    invoice = structs.replace(
        INVOICE, net=whole[0], tax=whole[1], customer_tax_id="DE1", customer_tax_status=status
    )
    return document(invoice, Contents((group,), tuple(lines)), MERCHANT)


def test_taxes_are_printed_by_rate() -> None:
    printed = taxed(
        Taxation(Reason.CATEGORY, VAT),
        Taxation(Reason.SCHEDULE, REDUCED),
        Taxation(Reason.DEFAULT, VAT),
        Taxation(Reason.MISSING),
    )

    assert printed.taxes == (
        TaxRow("Value added tax", "20%", "$200.00", "$40.00"),
        TaxRow("Reduced VAT", "5.5%", "$100.00", "$5.50"),
        TaxRow("Not taxed", "0%", "$100.00", "$0.00"),
    )
    assert printed.totals.taxes == (
        Fact("Value added tax 20%", "$40.00"),
        Fact("Reduced VAT 5.5%", "$5.50"),
    )
    [group] = printed.groups
    assert [one.tax for one in group.lines] == ["VAT 20%", "VAT 5.5%", "VAT 20%", "Not taxed"]
    assert (printed.customer.tax_id, printed.seller.tax_id) == ("DE1", "GB1")


def test_one_rate_is_told_by_the_totals_alone() -> None:
    printed = taxed(Taxation(Reason.DEFAULT, VAT), Taxation(Reason.DEFAULT, VAT))

    assert (printed.taxes, printed.groups[0].lines[0].tax) == ((), "")
    assert printed.totals.taxes == (Fact("Value added tax 20%", "$40.00"),)


@pytest.mark.parametrize(
    ("status", "reason", "begins"),
    [
        ("REVERSE_CHARGED", Reason.REVERSE_CHARGED, "Reverse charge"),
        ("TAX_EXEMPT", Reason.EXEMPT, "Exempt"),
    ],
)
def test_an_invoice_without_tax_says_why(status: str, reason: Reason, begins: str) -> None:
    printed = taxed(Taxation(reason), status=status)

    assert (printed.taxes, printed.totals.taxes) == ((), ())
    [note] = printed.notes
    assert note.startswith(begins)
