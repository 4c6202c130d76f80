"""Whatever is agreed anew of what is paid in advance, all lines come to what is agreed last."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from catchment.core.due.charging import charges
from catchment.core.invoices.adjustments import (
    Adjusting,
    BilledLine,
    agreed_anew,
    moved,
)
from catchment.core.invoices.consolidation import Key, arrange
from catchment.core.invoices.lines import Line, adjustment, line
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.discounts import Discount, DiscountType
from catchment.core.terms.pricing import Fixed
from catchment.core.terms.schedules import (
    Charge,
    ChargeId,
    Frequency,
    PricedItem,
    Schedule,
    Timing,
)
from catchment.core.values.money import Money, total
from catchment.core.values.period import Period
from tests.core.agreements import day, item, phase, schedule
from tests.core.test_daily import itself

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
_Billed = dict[ChargeId, list[BilledLine]]


def fee(id: str, amount: str) -> PricedItem:
    return item(id, Fixed(D(amount)), timing=Timing.IN_ADVANCE)


def discount(kind: DiscountType, amount: str, *, separate: bool) -> Discount:
    return Discount(f"{kind}{separate}", kind, D(amount), "Less", separate)


PRICES = [fee("a", "99.99"), fee("b", "310"), fee("c", "0.07")]
DISCOUNTS = [
    discount(DiscountType.PERCENTAGE, "0.125", separate=False),
    discount(DiscountType.PERCENTAGE, "0.3333", separate=True),
    discount(DiscountType.NOMINAL, "17.77", separate=False),
]

terms = st.lists(
    st.tuples(
        st.integers(1, 31),
        st.lists(st.sampled_from(PRICES), min_size=1, unique_by=lambda one: one.id),
        st.lists(st.sampled_from(DISCOUNTS), unique_by=lambda one: one.id),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one[0],
)


@st.composite
def agreed(draw: st.DrawFn) -> Schedule:
    """Phases that begin in March, the first on its first day; the last may end in it."""
    found = sorted(draw(terms), key=lambda one: one[0])
    starts = [1, *(start for start, _, _ in found[1:])]
    last = draw(st.none() | st.integers(starts[-1], 31))
    ends = [*(start - 1 for start in starts[1:]), last]
    phases = [
        replace(
            phase(f"3-{start}", None if end is None else f"3-{end}", *items, id=f"p{start}"),
            discounts=tuple(discounts),
        )
        for start, end, (_, items, discounts) in zip(starts, ends, found, strict=True)
    ]
    return schedule(*phases, end=None if last is None else f"3-{last}")


def of_march(agreed: Schedule) -> dict[ChargeId, Charge]:
    found = charges(agreed, MARCH.end)
    return {one.billed_as: one for one in found if MARCH.start <= one.service.start < MARCH.end}


def measured(charge: Charge) -> Measured:
    return Measured(charge, beside=tuple(Measured(one) for one in charge.beside))


def kept(made: Line, number: int) -> BilledLine:
    return BilledLine(f"{number}", number, made.quantity, made.net, 0, service=made.service)


def billed_one_after_the_other(versions: Sequence[Schedule]) -> _Billed:
    """The lines of every charge, where each version was invoiced for good before the next."""
    found: _Billed = {}
    known: dict[ChargeId, Charge] = {}
    for of in versions:
        now = of_march(of)
        for id, charge in (known | now).items():
            before = found.setdefault(id, [])
            if not before:
                before.append(kept(line(measured(charge)), 0))
                continue
            one = Adjusting(
                of, charge, ("acme",), of.id, len(before), tuple(before), dropped=id not in now
            )
            made = adjustment(one, measured(charge))
            if made is not None:
                before.append(kept(made.line, len(before)))
        known |= now
    return found


def nets(found: _Billed) -> dict[ChargeId, Money]:
    sums = {id: total((one.net for one in lines), "EUR") for id, lines in found.items()}
    return {id: net for id, net in sums.items() if net.minor}


@settings(max_examples=25)
@given(st.lists(agreed(), min_size=1, max_size=4))
def test_all_lines_come_to_what_is_agreed_last(versions: list[Schedule]) -> None:
    assert nets(billed_one_after_the_other(versions)) == nets(
        billed_one_after_the_other(versions[-1:])
    )


@settings(max_examples=10)
@given(agreed(), agreed())
def test_a_change_taken_back_leaves_what_was_billed(first: Schedule, other: Schedule) -> None:
    assert nets(billed_one_after_the_other([first, other, first])) == nets(
        billed_one_after_the_other([first])
    )


def test_days_are_given_back_or_charged_after_all() -> None:
    until_15, until_20 = (Period(MARCH.start, day(f"3-{end}")) for end in (16, 21))

    assert moved(until_20, until_15) == (Period(day("3-16"), day("3-21")), True)
    assert moved(until_15, until_20) == (Period(day("3-16"), day("3-21")), False)
    assert moved(until_15, None) == (until_15, True)
    assert moved(until_15, until_15) is None


def test_what_stands_beside_a_change_waits_for_the_day_it_applies() -> None:
    nominal = discount(DiscountType.NOMINAL, "17.77", separate=False)
    of = schedule(replace(phase("3-1", "3-15", *PRICES[:2]), discounts=(nominal,)), end="3-15")
    one, other = of_march(of).values()
    was = BilledLine("x", 0, D(1), Money(100, "EUR"), 0, service=MARCH)
    same = replace(was, service=other.service)
    found = [
        Adjusting(of, charge, ("acme",), of.id, 1, (line,))
        for charge, line in ((one, was), (other, same))
    ]

    waiting = list(agreed_anew(found, {one.billed_as}))

    assert [late.since for late in waiting] == [day("3-16"), day("3-16")]
    assert all(late.agreed_anew for late in waiting)
    assert [late.since for late in agreed_anew(found, set())] == [date.min, date.min]


def test_what_is_agreed_after_an_invoice_of_its_day_is_on_another() -> None:
    first = schedule(phase("3-1", None, fee("a", "10")))
    changed = replace(first, version=1)
    closed = {Key(first.id, MARCH.start)}

    found = [
        arrange(((of, one) for one in charges(of, MARCH.start)), itself, closed)
        for of in (first, changed)
    ]

    assert [[due.ordinal for due in dues] for dues in found] == [[], [1]]


def test_an_archived_schedule_charges_nothing_in_advance_for_days_to_come() -> None:
    of = schedule(phase("3-1", None, fee("a", "310"), item("b")))
    archived = replace(of, archived_at=datetime(2026, 3, 10, 9, tzinfo=UTC))

    assert [(one.item.id, one.service.last_day) for one in charges(archived, day("5-1"))] == [
        ("a", day("3-10"))
    ]


def test_archiving_leaves_what_was_owed_in_arrears_as_it_was() -> None:
    of = schedule(phase("3-1", None, item("once", frequency=Frequency.ONE_TIME), item("b")))
    archived = replace(of, archived_at=datetime(2026, 4, 5, 9, tzinfo=UTC))

    assert charges(archived, day("5-1")) == charges(of, day("4-5")) != ()


def test_a_schedule_that_is_archived_before_it_starts_charges_nothing() -> None:
    of = schedule(phase("3-1", None, fee("a", "310"), item("b")))

    assert charges(replace(of, archived_at=datetime(2026, 2, 20, tzinfo=UTC)), day("5-1")) == ()
