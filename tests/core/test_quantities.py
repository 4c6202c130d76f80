"""The aggregations that need exact arithmetic: tables for the edges, and laws."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.usage.metering import (
    Aggregation,
    Event,
    Member,
    Metric,
    Usage,
    UsageQuery,
    measure,
)
from catchment.core.usage.quantities import nearest_rank
from catchment.core.values.money import exact_sum, quotient
from catchment.core.values.period import Span

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HUGE = "999999999999999.999999999999"
NUMBERS = st.decimals(-1000, 1000, places=3)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def span(start: float, end: float) -> Span:
    return Span(at(start), at(end))


def told(*said: tuple[str, float, str], **more: str) -> list[Event]:
    """Events (alias, hour, n), in the order of acknowledgement."""
    return [
        Event(f"{place:03d}", f"{place}", alias, "call", at(hour), {"n": n} | more)
        for place, (alias, hour, n) in enumerate(said)
    ]


def measured(aggregation: Aggregation, sent: list[Event], *members: Member, **more) -> Usage:
    everybody = members or (Member("A", ("a", "aa"), (span(0, 24),)),)
    return measure(UsageQuery(Metric("m", "call", aggregation, "n", **more), everybody), sent)


def numbers(*values: str) -> list[Event]:
    return told(*(("a", hour, n) for hour, n in enumerate(values)))


@pytest.mark.parametrize(
    ("values", "average"),
    [
        (["1", "2"], "1.5"), (["1", "1", "2"], "1.333333333333"), (["-1", "-1", "-3"], "-1.666666666667"),
        (["5", "x", "", "1e3"], "5"), (["x"], "0"), (["-4", "4"], "0"),
        ([HUGE, HUGE, HUGE], HUGE), (["0.000000000001", "0"], "0.000000000001"), (["-0.000000000001", "0"], "-0.000000000001"),
        (["0.000000000001", "0", "0"], "0"),
    ],
)  # fmt: skip
def test_an_average_is_over_the_events_with_a_number_to_twelve_decimals_half_away_from_zero(
    values: list[str], average: str
) -> None:
    assert measured(Aggregation.AVERAGE, numbers(*values)).pooled == D(average)


def test_the_average_of_a_pool_is_over_its_events_not_over_its_members() -> None:
    sent = told(("a", 0, "1"), ("a", 1, "1"), ("a", 2, "1"), ("b", 0, "9"))
    members = (Member("A", ("a",), (span(0, 24),)), Member("B", ("b",), (span(0, 24),)))

    found = measured(Aggregation.AVERAGE, sent, *members)

    assert (found.pooled, found.members) == (3, {"A": 1, "B": 9})


@pytest.mark.parametrize(
    ("percentile", "values", "found"),
    [
        ("0.5", ["15", "20", "35", "40", "50"], 35), ("0.3", ["15", "20", "35", "40", "50"], 20),
        ("0.05", ["15", "20", "35", "40", "50"], 15), ("0.4", ["15", "20", "35", "40", "50"], 20),
        ("0.400000000001", ["15", "20", "35", "40", "50"], 35), ("1", ["15", "50", "20"], 50),
        ("0.000000000001", ["3", "2"], 2), ("0.5", ["1", "2"], 1), ("0.500000000001", ["1", "2"], 2),
        ("0.95", [str(n) for n in range(1, 21)], 19), ("0.95", ["7"], 7), ("0.5", ["x", "", "8"], 8), ("0.5", ["x"], 0),
        ("0.5", ["-3", "-2", "-1"], -2), ("0.9", ["2", "2", "2", "9"], 9), ("0.75", ["2", "2", "2", "9"], 2),
    ],
)  # fmt: skip
def test_a_percentile_is_the_value_of_the_nearest_rank(
    percentile: str, values: list[str], found: int
) -> None:
    answer = measured(Aggregation.PERCENTILE, numbers(*values), percentile=D(percentile))

    assert answer.pooled == found


@given(st.decimals("0.000000000001", 1, places=12), st.lists(NUMBERS, min_size=1))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    percentile: D, values: list[D]
) -> None:
    def enough(bound: D) -> bool:
        return sum(value <= bound for value in values) >= Fraction(percentile) * len(values)

    found = sorted(values)[nearest_rank(percentile, len(values)) - 1]

    assert found == min(value for value in values if enough(value))


def time_weighted(sent: list[Event], *members: Member) -> D:
    return measured(Aggregation.TIME_WEIGHTED_SUM, sent, *members).pooled


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ([("a", 0, "10")], 240),  # until the end
        ([("a", -999, "10")], 240),  # from before the window
        ([("a", -2, "99"), ("a", -1, "10")], 240),  # the last before it
        ([("a", -1, "10"), ("a", 6, "20")], 60 + 360),
        ([("a", 6, "20"), ("a", -1, "10")], 60 + 360),  # the order of acknowledgement
        ([("a", 6, "20"), ("a", 12, "0")], 120),
        ([("a", 6, "20"), ("a", 12, "x")], 360),  # no value: what stands goes on
        ([("a", 0, "1"), ("a", 0, "2")], 48),  # of one instant the last acknowledged
        ([("a", 0, "1"), ("aa", 12, "2")], 12 + 24),  # another name, the same customer
        ([("a", 0, "-1")], -24),
        ([("a", 24, "5")], 0), ([("a", 23, "5")], 5), ([("b", 0, "5")], 0), ([], 0),
        ([("a", 0, "10"), ("b", 1, "0")], 240),
    ],
)  # fmt: skip
def test_a_value_counts_for_as_long_as_it_stands(
    said: list[tuple[str, float, str]], hours: int
) -> None:
    assert time_weighted(told(*said)) == hours


def test_what_stood_before_the_window_is_usage_without_an_event_in_it() -> None:
    before = measured(Aggregation.TIME_WEIGHTED_SUM, told(("a", -1, "2")))
    nothing = measured(Aggregation.TIME_WEIGHTED_SUM, told(("a", -1, "0")))
    without_value = measured(Aggregation.TIME_WEIGHTED_SUM, told(("a", 1, "x")))
    later = measured(Aggregation.TIME_WEIGHTED_SUM, told(("a", 24, "2")))

    assert before == Usage(D(48), {"A": D(48)}, 0, {"A": 0})
    assert nothing == Usage(D(0), {"A": D(0)}, 0, {"A": 0})
    assert without_value == Usage(D(0), {"A": D(0)}, 1, {"A": 1})
    assert later == Usage(D(0), {}, 0, {})


def test_a_value_that_was_corrected_away_stands_no_more() -> None:
    wrong, right = told(("a", 0, "900"), ("a", -1, "1"))
    corrected = Event("9", wrong.customer_event_id, "VOID", "call", wrong.at, wrong.properties)

    assert time_weighted([wrong, right]) == 900 * 24
    assert time_weighted([wrong, right, corrected]) == 24


def test_a_member_counts_only_while_it_belongs_whenever_its_value_came() -> None:
    sent = told(("a", -5, "10"), ("a", 8, "20"), ("b", 0, "1"))
    members = (
        Member("A", ("a",), (span(2, 4), span(10, 11), span(3, 5))),
        Member("B", ("b",), (span(0, 24),)),
    )

    found = measured(Aggregation.TIME_WEIGHTED_SUM, sent, *members)

    assert (found.pooled, found.members) == (74, {"A": 3 * 10 + 20, "B": 24})
    assert found.member_events == {"A": 0, "B": 1}


def test_members_are_rounded_one_by_one_so_that_they_add_up() -> None:
    tick = timedelta(microseconds=1)
    members = tuple(Member(who, (who,), (Span(START, START + tick),)) for who in "abc")

    found = measured(
        Aggregation.TIME_WEIGHTED_SUM, told(*((who, 0, "1") for who in "abc")), *members
    )

    assert found.members == dict.fromkeys("abc", D("0.000000000278"))
    assert found.pooled == D("0.000000000834")  # not the rounded sum, which is ...833


def test_the_largest_value_that_stands_for_ever_is_exact() -> None:
    member = Member("A", ("a",), (Span(START, datetime(9999, 12, 31, tzinfo=UTC)),))

    assert time_weighted(told(("a", 0, HUGE)), member) == D("69897191999999999999999.999930102808")


@given(
    st.lists(st.tuples(st.sampled_from(["a", "aa"]), st.integers(-5, 30), NUMBERS), max_size=8),
    st.lists(st.integers(0, 24), max_size=4),
)
def test_cutting_a_window_in_parts_cuts_its_usage_in_parts(said: list, cuts: list[int]) -> None:
    sent = told(*((alias, hour, str(n)) for alias, hour, n in said))
    edges = sorted({0, *cuts, 24})
    parts = [Member("A", ("a", "aa"), (span(start, end),)) for start, end in pairwise(edges)]

    whole = Member("A", ("a", "aa"), (span(0, 24),))
    assert exact_sum(time_weighted(sent, part) for part in parts) == time_weighted(sent, whole)


def custom(sent: list[Event], expression: str, **parameters: str) -> Usage:
    given = tuple((name, D(value)) for name, value in parameters.items())
    return measured(Aggregation.CUSTOM, sent, expression=expression, parameters=given)


@pytest.mark.parametrize(
    ("expression", "parameters", "expected"),
    [
        ("n * w", {"w": "2.5"}, "25"),  # 4 and 6 have a number
        ("n + more", {}, "24"),
        ("n / more", {}, "1.428571428572"),  # each event is rounded: 0.571428571429 + 0.857142857143
        ("n + missing", {}, "0"),
        ("1 / (n - 4)", {}, "0.5"),  # by zero: the event gives no value
        ("n * 200000000000000", {}, "800000000000000"),  # 6 is beyond any number
        ("n * w", {"w": "0.0000000000001"}, "0.000000000001"),  # 4E-13 is 0, 6E-13 is rounded up
    ],
)  # fmt: skip
def test_an_expression_is_evaluated_for_each_event_and_added_up(
    expression: str, parameters: dict[str, str], expected: str
) -> None:
    sent = told(("a", 0, "4"), ("a", 1, "6"), ("a", 2, "x"), more="7")

    assert custom(sent, expression, **parameters).pooled == D(expected)


def test_an_expression_reads_what_is_no_parameter_from_the_event() -> None:
    metric = Metric("m", "call", Aggregation.CUSTOM, expression="b * w + a", parameters=(("w", D(2)),))  # fmt: skip

    assert metric.operands() == ("b", "a")


@given(NUMBERS, NUMBERS.filter(bool))
def test_a_quotient_is_rounded_once(dividend: D, divisor: D) -> None:
    exact = Fraction(dividend) / Fraction(divisor)
    found = Fraction(quotient(dividend, divisor))

    assert abs(found - exact) <= Fraction(1, 2 * 10**12)
    if abs(found - exact) == Fraction(1, 2 * 10**12):
        assert abs(found) > abs(exact)
