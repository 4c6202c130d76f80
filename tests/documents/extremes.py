"""Invoices nobody should send, all of which must print."""

from __future__ import annotations

from datetime import date

from catchment.documents.invoice import (
    Fact,
    Group,
    InvoiceDocument,
    Line,
    PaymentDetails,
    Recipient,
    Segment,
    Seller,
    TaxRow,
    Totals,
    UsageBreakdown,
    UsageItem,
    UsageMember,
)

DATED = date(2026, 4, 1)


def long_names() -> InvoiceDocument:
    """Words without a space, sentences without an end, figures with every decimal."""
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    sentence = " ".join(["International Consolidated Holdings of the Northern Hemisphere"] * 4)
    line = Line(
        title=word * 2,
        detail=sentence,
        service="1 – 31 March 2026",
        quantity="123,456,789,012.123456789012",
        unit="kilowatt hours of renewable energy",
        rate="€0.123456789012",
        amount="€15,241,578,753,238.84",
        segments=(
            Segment(
                sentence,
                "123,456,789,012.123456789012",
                "€0.123456789012",
                "€1.00",
                "€15,241,578,753,238.84",
            ),
        ),
    )
    total = "€15,241,578,753,238.84"
    return InvoiceDocument(
        seller=Seller(
            sentence, (word, sentence), email="x" * 60 + "@example.com", colour="#ffffff"
        ),
        customer=Recipient(word, (sentence,), emails=("y" * 70 + "@example.com",)),
        currency="EUR",
        number="SEQ-" + "0" * 60 + "1",
        dated=DATED,
        purchase_order="PO" + "9" * 50,
        period="1 – 31 March 2026",
        groups=(Group(sentence, (line,), total, description=word),),
        totals=Totals(total, total, total, taxes=(Fact(sentence, "€0.00"),)),
        memo=sentence,
        payment=(
            PaymentDetails(sentence, (Fact("Account name", sentence), Fact("Account", word))),
        ),
        usage=UsageBreakdown(
            members=tuple(
                UsageMember(
                    f"{depth} {word}",
                    (UsageItem(sentence, "123,456,789,012.123456789012", "kWh"),),
                    depth=depth,
                )
                for depth in range(20)
            )
        ),
    )


HOSTILE = (
    "#panic()", '#read("/etc/passwd")', "*bold*", "$ x^2 $", "\\", "<label>", "@reference", "= Heading",
    "`raw`", "- item", "// comment", "#{1+1}", "[content]", "~", '"quoted"', "'single'", "{{ mustache }}", "&amp;",
)  # fmt: skip


def hostile() -> InvoiceDocument:
    """Every text is typst code, one after the other."""
    text = " ".join(HOSTILE)
    segment = Segment(text, text, text, text, text)
    line = Line(text, "1", "#1", "$1", text, text, text, (segment,), text)
    return InvoiceDocument(
        seller=Seller(
            text, (text,), text, text, text, (Fact(text, text),), b"#panic()", "#panic()"
        ),
        customer=Recipient(text, (text,), (text,), text, (text,)),
        currency="#",
        number=text,
        dated=DATED,
        issue_date=text,
        due_date=text,
        period=text,
        purchase_order=text,
        reference=text,
        watermark="#panic()",
        title="#panic()",
        groups=(Group(text, (line,), text, text),),
        totals=Totals(text, text, text, (Fact(text, text),), (Fact(text, text),)),
        taxes=(TaxRow(text, text, text, text),),
        payment=(PaymentDetails(text, (Fact(text, text),)),),
        memo=text,
        notes=(text,),
        usage=UsageBreakdown(
            (UsageMember(text, (UsageItem(text, text, text),), 1, text),),
            (UsageItem(text, text, text),),
            UsageMember(text, (UsageItem(text, text, text),)),
            (text,),
            (text,),
        ),
    )


def huge(lines: int = 4000) -> InvoiceDocument:
    """A table that runs over many pages, in the invoice and in the breakdown."""
    group = Group(
        "Meters",
        tuple(
            Line(f"Meter {n}", "1", "€1.00", "€1.00", service="1 – 31 March 2026")
            for n in range(lines)
        ),
        f"€{lines:,}.00",
    )
    items = tuple(UsageItem(f"Metric {n}", f"{n}", "kWh") for n in range(20))
    members = tuple(UsageMember(f"Member {n}", items, depth=n % 5) for n in range(lines // 20))
    return InvoiceDocument(
        seller=Seller("Harbour Metering Ltd"),
        customer=Recipient("Everyone Ltd"),
        currency="EUR",
        number="SEQ-000044",
        dated=DATED,
        groups=(group,),
        totals=Totals(group.subtotal, group.subtotal, group.subtotal),
        usage=UsageBreakdown(members),
    )
