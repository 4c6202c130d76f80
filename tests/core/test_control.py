"""Whatever figure of an invoice or of the sheet is damaged, the control finds it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.control import (
    BilledUsage,
    Census,
    Claimant,
    Difference,
    GroupFigures,
    InvoiceFigures,
    LineFigures,
    MetricBalance,
    Totals,
    Twice,
    balance,
    faults,
    imbalance,
    miscounts,
)
from catchment.core.shares.allocation import METHODS
from catchment.core.terms.schedules import EVERYONE
from catchment.core.terms.taxes import tax_on, tax_parts
from catchment.core.values.money import Money, divide, exact_sum
from catchment.core.values.period import Period

CURRENCY = "EUR"
amounts = st.decimals(-50, 500, places=3)
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))
QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1))


def totals(net: Money, tax: Money) -> Totals:
    return Totals(net.minor, tax.minor, net.minor + tax.minor)


def summed(parts: list[Totals]) -> Totals:
    net, tax = sum(one.net for one in parts), sum(one.tax for one in parts)
    return Totals(net, tax, net + tax)


@st.composite
def lines(draw: st.DrawFn, number: int, group: str) -> LineFigures:
    parts = draw(st.lists(amounts, max_size=3))
    net = Money.rounded(exact_sum(parts), CURRENCY)
    members = draw(st.lists(st.decimals(0, 90, places=1), min_size=1, max_size=4))
    rolls_up = draw(st.booleans())
    shared = [divide(net, [1 + draw(st.integers(0, 9)) for _ in members]).parts for _ in METHODS]
    rate = draw(st.decimals(0, 1, places=3))
    tax = tax_on(net, rate)
    taxed = [sum(tax_parts(own, rate, tax)) for own in shared]
    counts = draw(st.lists(st.integers(0, 9), max_size=4))
    measured = draw(st.booleans())
    return LineFigures(
        id=f"line {number}",
        group_id=group,
        schedule_id="s",
        totals=totals(net, tax),
        amounts=tuple(parts),
        quantity=exact_sum(members),
        used=exact_sum(members),
        shares=tuple(sum(own) for own in shared) if rolls_up else None,
        tax_shares=tuple(taxed) if rolls_up else None,
        tax_rate=rate,
        event_count=sum(counts) if measured else None,
        member_events=sum(counts) if measured else None,
    )


@st.composite
def invoices(draw: st.DrawFn) -> InvoiceFigures:
    found = [
        draw(lines(10 * place + number, f"group {place}"))
        for place in range(draw(st.integers(1, 2)))
        for number in range(draw(st.integers(1, 3)))
    ]
    names = sorted({one.group_id or "" for one in found})
    groups = tuple(
        GroupFigures(name, summed([one.totals for one in found if one.group_id == name]))
        for name in names
    )
    used = draw(st.decimals(0, 90, places=1))
    return InvoiceFigures(
        "invoice",
        "acme",
        "s",
        CURRENCY,
        summed([one.totals for one in found]),
        groups,
        tuple(found),
        {"calls": (used, used)},
    )


def damaged(of: Totals, place: int) -> Totals:
    """One of the three figures is a minor unit off."""
    figures = list(of)
    figures[place] += 1
    return Totals(*figures)


def damage_line(invoice: InvoiceFigures, change: Callable[[LineFigures], LineFigures]):
    first, *rest = invoice.lines
    return replace(invoice, lines=(change(first), *rest))


def damage_shares(line: LineFigures) -> LineFigures:
    shares = line.shares or (line.totals.net,) * len(METHODS)
    return replace(line, shares=(*shares[:-1], shares[-1] + 1))


def damage_tax_shares(line: LineFigures) -> LineFigures:
    shares = line.tax_shares or (line.totals.tax,) * len(METHODS)
    return replace(line, tax_shares=(shares[0] - 1, *shares[1:]))


def damage_segment(line: LineFigures) -> LineFigures:
    return replace(line, amounts=(*line.amounts, D(1)))


DAMAGES: dict[str, Callable[[InvoiceFigures], InvoiceFigures]] = {
    **{
        f"line {name}": lambda i, place=place: damage_line(
            i, lambda line: replace(line, totals=damaged(line.totals, place))
        )
        for place, name in enumerate(Totals._fields)
    },
    **{
        f"group {name}": lambda i, place=place: replace(
            i,
            groups=(
                replace(i.groups[0], totals=damaged(i.groups[0].totals, place)),
                *i.groups[1:],
            ),
        )
        for place, name in enumerate(Totals._fields)
    },
    **{
        f"invoice {name}": lambda i, place=place: replace(i, totals=damaged(i.totals, place))
        for place, name in enumerate(Totals._fields)
    },
    "segment": lambda i: damage_line(i, damage_segment),
    "quantity": lambda i: damage_line(i, lambda x: replace(x, quantity=x.quantity + D("0.1"))),
    "a member's quantity": lambda i: damage_line(i, lambda x: replace(x, used=D(-1))),
    "a member's share": lambda i: damage_line(i, damage_shares),
    "a member's share of the tax": lambda i: damage_line(i, damage_tax_shares),
    "events": lambda i: damage_line(i, lambda x: replace(x, event_count=-1, member_events=0)),
    "a member's events": lambda i: damage_line(i, lambda x: replace(x, member_events=-1)),
    "usage shown": lambda i: replace(i, usage={"calls": (D(-1), i.usage["calls"][1])}),
}


@given(invoices())
def test_what_adds_up_has_no_faults(invoice: InvoiceFigures) -> None:
    assert list(faults(invoice)) == []


@pytest.mark.parametrize("damage", DAMAGES)
@given(invoice=invoices())
def test_any_single_damaged_figure_is_found_and_named(damage: str, invoice: InvoiceFigures) -> None:
    found = list(faults(DAMAGES[damage](invoice)))

    assert found, damage
    assert {(one.customer, one.schedule_id, one.invoice_id) for one in found} == {
        ("acme", "s", "invoice")
    }
    assert all(one.expected != one.found for one in found)


@given(invoices())
def test_a_line_that_is_gone_is_missed_where_it_cost_something(invoice: InvoiceFigures) -> None:
    found = list(faults(replace(invoice, lines=invoice.lines[1:])))

    first = invoice.lines[0].totals
    assert bool(found) == bool(first.net or first.tax)


@given(invoices())
def test_a_check_of_totals_alone_would_miss_a_share(invoice: InvoiceFigures) -> None:
    """The tempting shorter check, and why it is not enough."""
    changed = DAMAGES["a member's share"](invoice)

    assert summed([line.totals for line in changed.lines]) == changed.totals
    assert [one.figure for one in faults(changed)] == [f"{METHODS[-1]} shares"]


def of(schedule: str) -> Claimant:
    return Claimant(schedule, EVERYONE)


def line(id: str, schedule: str, service: Period, count: int) -> BilledUsage:
    names = id, f"invoice of {schedule}", f"customer of {schedule}"
    return BilledUsage(*names, (of(schedule), service), count)


def row_of(lines: list[BilledUsage], told: Census) -> MetricBalance:
    return balance("calls", QUARTER, {one.whose: one.event_count for one in lines}, told)


def census(received: int, *, other: int = 0, unpriced: int = 0, unmapped: int = 0, **counts: int):
    counted = {
        (of(key[0]), {"1": JANUARY, "2": FEBRUARY, "q": QUARTER}[key[1]]): n
        for key, n in counts.items()
    }
    return Census(received, counted, other, unpriced, unmapped)


def test_received_is_billed_other_unpriced_and_unmapped() -> None:
    told = census(100, other=20, unpriced=7, unmapped=3, a1=40, b1=30)
    billed = [line("x", "a", JANUARY, 40), line("y", "b", JANUARY, 30)]

    row = row_of(billed, told)

    assert (row.received, row.billed, row.other, row.unpriced, row.unmapped) == (100, 70, 20, 7, 3)
    assert row.balanced
    assert list(imbalance(row, told)) == list(miscounts(billed, told)) == []


def test_a_month_within_its_quarter_is_billed_twice_and_counted_once() -> None:
    told = census(50, a1=20, aq=50)
    billed = [
        line("x", "a", JANUARY, 20),
        line("y", "a", QUARTER, 50),
        line("z", "a", QUARTER, 50),
    ]

    assert row_of(billed, told).billed == 50
    assert list(miscounts(billed, told)) == []


def test_days_that_two_services_share_are_counted_once() -> None:
    once = Period(date(2026, 1, 25), date(2026, 2, 25))
    month = Period(date(2026, 1, 28), date(2026, 2, 28))
    shared = Period(date(2026, 1, 28), date(2026, 2, 25))
    counted = {(of("a"), once): 5, (of("a"), month): 9, (of("a"), shared): 4}
    told = Census(10, counted, 0, 0, 0)
    billed = [line("x", "a", once, 5), line("y", "a", month, 9)]

    assert row_of(billed, told).balanced


def test_two_pools_of_one_schedule_are_added_not_taken_for_one() -> None:
    named = Claimant("a", frozenset({"west"}))
    told = replace(census(50), counted={(of("a"), JANUARY): 20, (named, JANUARY): 30})
    billed = [
        line("x", "a", JANUARY, 20),
        replace(line("y", "a", JANUARY, 30), whose=(named, JANUARY)),
    ]

    assert row_of(billed, told).balanced
    assert list(miscounts(billed, told)) == []


def test_a_line_with_other_events_is_named_with_its_customer() -> None:
    told = census(70, a1=40, b1=30)
    billed = [line("x", "a", JANUARY, 40), line("y", "b", JANUARY, 31)]

    row = row_of(billed, told)

    assert not row.balanced
    assert list(miscounts(billed, told)) == [
        Difference(
            "line",
            "y",
            "eventCount by the census",
            "30",
            "31",
            "customer of b",
            "b",
            "invoice of b",
        )
    ]
    assert list(imbalance(row, told)) == [
        Difference("metric", "calls", "events received", "71", "70")
    ]


@given(
    st.lists(st.integers(0, 9), min_size=5, max_size=5),
    st.integers(0, 4),
    st.integers(1, 9),
)
def test_any_count_that_is_off_unbalances_its_row(counts: list[int], which: int, by: int) -> None:
    a, b, *_ = counts
    changed = [count + by * (place == which) for place, count in enumerate(counts)]
    told = census(
        sum(counts), other=changed[2], unpriced=changed[3], unmapped=changed[4], a1=a, b1=b
    )
    billed = [line("x", "a", JANUARY, changed[0]), line("y", "b", JANUARY, changed[1])]

    row = row_of(billed, told)

    assert not row.balanced
    assert list(imbalance(row, told))
    assert len(list(miscounts(billed, told))) == (which < 2)


def test_counting_what_is_left_over_would_balance_whatever_was_billed() -> None:
    """The tempting way takes one part as the rest of the others, and so finds nothing."""
    told = census(100, other=20, a1=70)
    wrong = [line("x", "a", JANUARY, 71)]
    left_over = replace(told, unpriced=told.received - told.other - 71)

    assert row_of(wrong, left_over).balanced
    assert not row_of(wrong, told).balanced


def test_events_that_two_schedules_claim_are_a_fault_with_both_names() -> None:
    told = replace(census(10, a1=10, b1=4), twice=(Twice("acme", ("a", "b"), 4),))
    billed = [line("x", "a", JANUARY, 10), line("y", "b", JANUARY, 4)]

    found = list(imbalance(row_of(billed, told), told))

    assert [(one.figure, one.customer, one.found) for one in found] == [
        ("events that a and b both claim", "acme", "4"),
        ("events received", None, "10"),
    ]
