"""What is kept of a line is what it was made from, though nothing is kept twice."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal as D
from typing import cast

from msgspec.structs import replace

from catchment.core.usage.metering import Aggregation, Member, Metric
from catchment.core.values.period import Period, Span
from catchment.store.invoices.rows import evidence, evidence_terms
from catchment.store.invoices.rows.evidence import Counted, Evidence, EvidenceMember, Kept, Standing
from catchment.store.invoices.rows.evidence_terms import Measuring, Terms

MONTH = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
HALF = Span(MONTH.start, datetime(2026, 1, 16, tzinfo=UTC))
METRIC = Metric("calls", "call", Aggregation.SUM, "n")
NORTH = EvidenceMember(
    Standing("north", (MONTH,), ("north", "n-1"), 1, ("a", "north"), ("l",)), D("1.50"), 2
)
MOVED = EvidenceMember(replace(NORTH.standing, spans=(HALF,)), D(7), 1)
COUNTED = Counted(Measuring(METRIC, "Calls", MONTH, (), ()), MONTH.start, 99, (NORTH,))
TERMS = Terms(
    COUNTED.how,
    {"pricingType": "LINEAR", "pricePerUnit": "0.10"},
    "Calls",
    "MONTHLY",
    "IN_ARREARS",
    Period(date(2026, 1, 1), date(2026, 2, 1)),
)
USAGE = Evidence(TERMS, COUNTED)


def counted_by(metric: Metric) -> Evidence:
    return measured(replace(COUNTED.how, metric=metric))


def measured(how: Measuring) -> Evidence:
    return Evidence(replace(TERMS, measuring=how), replace(COUNTED, how=how))


LINES = [
    USAGE,
    # the same terms
    Evidence(TERMS, replace(COUNTED, members=(NORTH, MOVED))),
    # tiers that go on
    Evidence(
        TERMS,
        replace(
            COUNTED,
            reached=D("12.5"),
            before=(Member("north", ("north",), (HALF,)),),
            seats=((D(3), 31),),
        ),
    ),
    # others among whom it was measured
    measured(replace(COUNTED.how, scope=("north",))),
    # up to another place
    Evidence(TERMS, replace(COUNTED, last_seq=100)),
    # a fee
    Evidence(
        replace(TERMS, measuring=None, structure={"pricingType": "FIXED", "price": "5"}), None
    ),
    # a credit, which pays for usage and has counted none
    Evidence(TERMS, None),
]


def kept(lines: Sequence[Evidence]) -> list[Evidence]:
    row, alike = evidence.row_of("workspace", "invoice", enumerate(lines))
    terms, body = evidence_terms.terms_in(alike.body), evidence.lines_in(row[-1])
    return [evidence.read(Kept(terms, body, line)) for line in body.lines]


def named(*lines: Evidence) -> str:
    return evidence.row_of("workspace", "invoice", enumerate(lines))[1].id


def test_every_line_is_explained_as_it_was_made() -> None:
    assert kept(LINES) == LINES


def test_terms_and_members_are_said_once() -> None:
    row, alike = evidence.row_of("workspace", "invoice", enumerate(LINES))

    body = evidence.lines_in(row[-1])

    assert len(evidence_terms.terms_in(alike.body)) == 3
    assert len(body.read) == 2  # up to one place, and up to another
    assert len(body.members) == 2  # the month, and half of it
    assert len(body.lines) == len(LINES)


def test_terms_have_one_name_for_all_invoices_whoever_uses_how_much() -> None:
    later = replace(COUNTED, members=(MOVED,), last_seq=200, known_at=HALF.end)

    assert named(USAGE) == named(Evidence(TERMS, later))


def test_other_terms_have_another_name() -> None:
    other = counted_by(dataclasses.replace(METRIC, property="m"))

    names = {named(USAGE), named(USAGE, LINES[5]), named(other)}

    assert len(names) == 3


def test_the_order_of_a_set_does_not_name_terms() -> None:
    """It is another one in another process."""
    one, other = frozenset([0, 8]), frozenset([8, 0])  # both in the same slot of eight
    metrics = (
        dataclasses.replace(METRIC, filters=(("p", cast("frozenset[str]", of)),))
        for of in (one, other)
    )

    names = {named(counted_by(metric)) for metric in metrics}

    assert [*one] != [*other]
    assert len(names) == 1
