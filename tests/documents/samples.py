"""Invoices as they leave the house: short, draft, foreign, and of a whole family."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

from catchment.core.values.money import Money
from catchment.core.values.period import Period
from catchment.documents.breakdown import Measured, Member, breakdown
from catchment.documents.format import day, days, money, percentage, quantity, rate, segment_range
from catchment.documents.invoice import (
    Fact,
    Group,
    InvoiceDocument,
    Line,
    Recipient,
    Segment,
    Seller,
    TaxRow,
    Totals,
)
from catchment.documents.payment import payment_details

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
ISSUED = date(2026, 4, 1)
DUE = date(2026, 5, 1)


def logo(width: int = 120, height: int = 40) -> bytes:
    """A PNG drawn here: a dark bar with a bright square."""
    rows = b"".join(
        b"\0" + b"".join(b"\x1d\x6f\x6a" if x < height else b"\xd9\xe8\xe6" for x in range(width))
        for _ in range(height)
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


HARBOUR = Seller(
    name="Harbour Metering Ltd",
    address=("14 Quayside", "Bristol", "BS1 4QA", "United Kingdom"),
    email="billing@harbour.example",
    phone="+44 117 496 0123",
    tax_id="GB 123 4567 89",
    colour="#1d6f6a",
)

MERCHANT = {
    "legalCompanyName": "Harbour Metering Ltd",
    "address": {"line1": "14 Quayside", "town": "Bristol", "postcode": "BS1 4QA", "country": "GB"},
    "iban": "DE89370400440532013000",
    "ukAccountDetails": {"sortCode": "20-00-00", "accountNumber": "55779911"},
}


def eur(minor: int) -> str:
    return money(Money(minor, "EUR"))


def short() -> InvoiceDocument:
    """A customer, a base fee and one graduated usage price, with tax."""
    calls = Line(
        title="API calls",
        service=days(MARCH),
        quantity=quantity(D(1_250_000)),
        unit="calls",
        rate="",
        amount=eur(462500),
        segments=(
            Segment(
                segment_range(D(0), D(100000)),
                "100,000",
                rate(D("0.01"), "EUR"),
                amount=eur(100000),
            ),
            Segment(
                segment_range(D(100000), D(1000000)),
                "900,000",
                rate(D("0.0035"), "EUR"),
                amount=eur(315000),
            ),
            Segment(
                segment_range(D(1000000), None),
                "250,000",
                rate(D("0.0015"), "EUR"),
                fee=eur(10000),
                amount=eur(47500),
            ),
        ),
    )
    base = Line(
        title="Platform fee",
        detail="Prorated from 15 March",
        service=days(Period(date(2026, 3, 15), date(2026, 4, 1))),
        quantity="1",
        rate=eur(27419),
        amount=eur(27419),
    )
    share = Line(
        title="Payment volume",
        service=days(MARCH),
        quantity=quantity(D("84210.55")),
        unit="EUR",
        rate=percentage(D("0.0025")),
        amount=eur(21053),
    )
    return InvoiceDocument(
        seller=HARBOUR,
        customer=Recipient(
            name="Northwind Logistics GmbH",
            address=("Speicherstraße 8", "20457 Hamburg", "Germany"),
            emails=("rechnung@northwind.example",),
            tax_id="DE 811 234 567",
        ),
        currency="EUR",
        number="SEQ-000042",
        dated=ISSUED,
        issue_date=day(ISSUED),
        due_date=day(DUE),
        period=days(MARCH),
        purchase_order="PO-77120",
        groups=(Group("Platform", (base, calls, share), eur(510972)),),
        totals=Totals(
            net=eur(510972),
            taxes=(Fact("VAT 20%", eur(102194)),),
            gross=eur(613166),
            settled=(Fact("Paid on 2 April 2026", money(Money(-100000, "EUR"))),),
            due=eur(513166),
        ),
        payment=payment_details(MERCHANT, reference="SEQ-000042"),
        memo="Thank you for your business.\nQuestions about this invoice? Write to billing@harbour.example.",
    )


def taxed() -> InvoiceDocument:
    """Two rates of tax, and what is not taxed."""
    made = short()
    [platform] = made.groups
    base, calls, share = platform.lines
    lines = (
        replace(base, tax="VAT 20%"),
        replace(calls, tax="VAT 20%"),
        replace(share, tax="VAT 5%"),
    )
    free = Line("Reverse-charged support", "1", eur(10000), eur(10000), tax="Reverse charge")
    groups = (replace(platform, lines=lines), Group("Support", (free,), eur(10000)))
    return replace(
        made,
        groups=groups,
        totals=Totals(
            net=eur(520972),
            taxes=(Fact("VAT 20%", eur(97984)), Fact("Reduced VAT 5%", eur(1053))),
            gross=eur(620009),
            due=eur(620009),
        ),
        taxes=(
            TaxRow("VAT", "20%", eur(489919), eur(97984)),
            TaxRow("Reduced VAT", "5%", eur(21053), eur(1053)),
            TaxRow("Reverse charge", "0%", eur(10000), eur(0)),
        ),
        notes=("Reverse charge: the customer is liable for the tax.",),
        payment=(),
    )


def draft() -> InvoiceDocument:
    """No number, no dates yet, and a logo."""
    made = short()
    return InvoiceDocument(
        seller=replace(HARBOUR, logo=logo()),
        customer=made.customer,
        currency="EUR",
        watermark="DRAFT",
        period=made.period,
        groups=made.groups,
        totals=made.totals,
        payment=made.payment,
    )


def accents() -> InvoiceDocument:
    """Every Latin letter a finance team in Europe meets; many groups, so that it has a cover."""
    lines = tuple(
        Line(
            name,
            quantity(D(n * 137)),
            rate(D("1.25"), "EUR"),
            eur(n * 137 * 125),
            unit="journées",
            service=days(MARCH),
        )
        for n, name in enumerate(
            ("Façade éclairée", "Grüße & Straßenfest", "Żółta łódź", "Őszi tűző", "Smörgåsbord"), 1
        )
    )
    groups = tuple(
        Group(title, lines, eur(sum(n * 137 * 125 for n in range(1, 6))), description=description)
        for title, description in (
            ("Événements", "Señalización, iluminación y más"),
            ("Öffentlicher Raum", ""),
            ("Čištění ulic", "Pravidelná údržba v okrese Břeclav"),
        )
    )
    net = 3 * sum(n * 137 * 125 for n in range(1, 6))
    return InvoiceDocument(
        seller=Seller(
            name="Société Générale d’Éclairage Évènementiel",
            address=("3, rue de l’Hôtel-de-Ville", "69001 Lyon", "France"),
            email="compta@eclairage.example",
            tax_id="FR 40 303 265 045",
            registrations=(Fact("RCS Lyon", "303 265 045"),),
            colour="#f2b705",
        ),
        customer=Recipient(
            name="Łódzkie Przedsiębiorstwo Oświetlenia Ulic Spółka z ograniczoną odpowiedzialnością",
            address=("ul. Świętego Jerzego 10/12", "91-072 Łódź", "Poland"),
            emails=("faktury@oswietlenie.example", "księgowość@oswietlenie.example"),
            tax_id="PL 725 000 00 00",
            shipping_address=("Magazyn nr 7", "ul. Żeromskiego 52", "90-626 Łódź", "Poland"),
        ),
        currency="EUR",
        number="FAC-2026-0317",
        dated=ISSUED,
        issue_date=day(ISSUED),
        due_date=day(DUE),
        period=days(MARCH),
        reference="Umowa 2025/ß-øñ€£",
        groups=groups,
        totals=Totals(
            net=eur(net), taxes=(Fact("Reverse charge 0%", eur(0)),), gross=eur(net), due=eur(net)
        ),
        notes=(
            "Reverse charge: VAT is to be accounted for by the recipient (Article 196, Directive 2006/112/EC).",
        ),
        payment=payment_details({"iban": "FR7630006000011234567890189"}, reference="FAC-2026-0317"),
    )


def yen() -> InvoiceDocument:
    """A currency without minor units; American paper; a wire with an intermediary bank."""

    def jpy(minor: int) -> str:
        return money(Money(minor, "JPY"))

    line = Line(
        "Storage",
        quantity(D("51230.75")),
        rate(D("2.4"), "JPY"),
        jpy(122954),
        unit="GB months",
        service=days(MARCH),
    )
    return InvoiceDocument(
        seller=Seller(
            "Pacific Cold Storage Inc.",
            ("2 Pier Road", "Seattle, WA 98101", "United States"),
            colour="#7a1f3d",
        ),
        customer=Recipient(
            "Hokkaido Fisheries Cooperative", ("1-2 Minato", "Otaru", "047-0007", "Japan")
        ),
        currency="JPY",
        number="PCS-9",
        dated=ISSUED,
        issue_date=day(ISSUED),
        due_date=day(DUE),
        period=days(Period(date(2025, 12, 15), date(2026, 3, 15))),
        groups=(Group("Cold storage", (line,), jpy(122954)),),
        totals=Totals(net=jpy(122954), gross=jpy(122954), due=jpy(122954)),
        payment=payment_details(
            {
                "canadianInternationalDestination": {
                    "legalName": "Pacific Cold Storage Inc.",
                    "accountNumber": "000123456",
                    "transitNumber": "00012",
                    "institutionNumber": "003",
                    "swiftCode": "ROYCCAT2",
                    "bankName": "Royal Bank",
                    "bankAddress": {
                        "line1": "200 Bay Street",
                        "town": "Toronto",
                        "state": "ON",
                        "postcode": "M5J 2J5",
                        "country": "CA",
                    },
                    "intermediaryBank": {"bankName": "JPMorgan Chase", "swiftCode": "CHASUS33"},
                }
            }
        ),
        paper="us-letter",
    )


def airline_group(members: int = 300) -> InvoiceDocument:
    """Three levels: the group, its carriers, their aircraft. Two metrics, one of which adds up."""
    carriers = ("Delta Air Lines", "Endeavor Air", "Compass Airlines", "Comair")
    family = [
        Member("Delta Air Lines Inc. group", (Measured("d", "Departures", D(12), "flights"),))
    ]
    for index in range(members - 1):
        carrier = carriers[index * len(carriers) // (members - 1)]
        if not any(member.name == carrier for member in family):
            used = (Measured("d", "Departures", D(18), "flights"), Measured("r", "Routes", D(4)))
            family.append(Member(carrier, used, (family[0].name,)))
            continue
        used = (
            Measured("d", "Departures", D(1 + index * 7919 % 997), "flights"),
            Measured("r", "Routes", D(1 + index * 31 % 40)),
        )
        family.append(
            Member(f"N{100 + index}{'DL' if index % 3 else 'EA'}", used, (family[0].name, carrier))
        )
    flown = sum(item.value for member in family for item in member.items if item.metric_id == "d")
    amount = int(flown) * 850
    line = Line(
        "Departures", quantity(flown), eur(850), eur(amount), unit="flights", service=days(MARCH)
    )
    return InvoiceDocument(
        seller=HARBOUR,
        customer=Recipient(
            family[0].name, ("1030 Delta Boulevard", "Atlanta, GA 30354", "United States")
        ),
        currency="EUR",
        number="SEQ-000043",
        dated=ISSUED,
        issue_date=day(ISSUED),
        due_date=day(DUE),
        period=days(MARCH),
        groups=(Group("Airport services", (line,), eur(amount)),),
        totals=Totals(net=eur(amount), gross=eur(amount), due=eur(amount)),
        usage=breakdown(
            family,
            (Measured("d", "Departures", flown, "flights"), Measured("r", "Routes", D(61))),
            adding_up={"d"},
            notes=("Routes: a route flown by several customers counts once in the total.",),
        ),
    )
