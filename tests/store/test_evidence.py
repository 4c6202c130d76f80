"""What is kept of a line is what it was made from, though nothing is kept twice."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from catchment.core.metering import Aggregation, Member, Metric
from catchment.core.period import Period, Span
from catchment.store.invoices import evidence
from catchment.store.invoices.evidence import Counted, Evidence, EvidenceMember, Kept

MONTH = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
HALF = Span(MONTH.start, datetime(2026, 1, 16, tzinfo=UTC))
METRIC = Metric("calls", "call", Aggregation.SUM, "n")
NORTH = EvidenceMember("north", D("1.50"), 2, (MONTH,), ("north", "n-1"), 1, ("a", "north"), ("l",))
MOVED = NORTH._replace(spans=(HALF,), quantity=D(7), event_count=1)
COUNTED = Counted(METRIC, "Calls", MONTH, MONTH.start, 99, (NORTH,))
USAGE = Evidence(
    {"pricingType": "LINEAR", "pricePerUnit": "0.10"},
    "Calls",
    "MONTHLY",
    "IN_ARREARS",
    Period(date(2026, 1, 1), date(2026, 2, 1)),
    COUNTED,
)
BY_LINE = {
    "usage": USAGE,
    "the same terms": replace(USAGE, counted=replace(COUNTED, members=(NORTH, MOVED))),
    "tiers that go on": replace(
        USAGE,
        counted=replace(
            COUNTED,
            reached=D("12.5"),
            before=(Member("north", ("north",), (HALF,)),),
            seats=((D(3), 31),),
        ),
    ),
    "another place": replace(USAGE, counted=replace(COUNTED, last_seq=100, scope=("north",))),
    "a fee": replace(USAGE, structure={"pricingType": "FIXED", "price": "5"}, counted=None),
}


def kept(by_line: dict[str, Evidence]) -> dict[str, Evidence]:
    _, _, packed = evidence.row_of("workspace", "invoice", by_line)
    body = evidence.unpacked(packed)
    return {id: evidence.read(Kept(body, id)) for id in body.lines}


def test_every_line_is_explained_as_it_was_made() -> None:
    assert kept(BY_LINE) == BY_LINE


def test_terms_and_members_are_said_once() -> None:
    _, _, packed = evidence.row_of("workspace", "invoice", BY_LINE)

    body = evidence.unpacked(packed)

    assert len(body.terms) == 3  # usage, usage up to another place, and the fee
    assert len(body.members) == 2  # the month, and half of it
    assert len(body.lines) == len(BY_LINE)
