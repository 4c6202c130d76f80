from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.usage.metering import (
    ADDING_UP,
    GROWING,
    OF_EVENTS,
    Aggregation,
    Event,
    Member,
    Metric,
    Usage,
    UsageQuery,
    measure,
)
from catchment.core.usage.properties import fold, number_of, plain, text_of
from catchment.core.values.money import exact_sum
from catchment.core.values.period import Span
from tests.usage.world import events, queries

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)
MARCH = Span(START, END)


def used(*properties, alias: str = "a", at: datetime = START, id: str | None = None) -> list[Event]:
    made = []
    for number, texts in enumerate(properties):
        name = id or f"{alias}{at}{number}{texts}"
        made.append(Event(f"{number}", name, alias, "call", at, texts))
    return made


def a_metric(aggregation: Aggregation, **more) -> Metric:
    if aggregation is Aggregation.PERCENTILE:
        more = {"percentile": D("0.5")} | more
    if aggregation is Aggregation.CUSTOM:
        more = {"expression": "n * w", "parameters": (("w", D(2)),)} | more
    return Metric("m", "call", aggregation, "n", **more)


def asked(
    aggregation: Aggregation, *members: Member, want_values: bool = False, **more
) -> UsageQuery:
    metric = a_metric(aggregation, **more)
    return UsageQuery(metric, members or (Member("A", ("a",), (MARCH,)),), want_values)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (D("-0.00"), "0"), (7, "7"), (-7, "-7"), (100, "100"), (D("1.10"), "1.1"),
        (D("1E+2"), "100"), (D("1E-7"), "0.0000001"), (D("10.00"), "10"),
        (10**15 - 1, "9" * 15), (10**15, None), (-(10**15), None),
        (D("0.000000000001"), "0.000000000001"), (D("0.0000000000001"), "0"),
        (D("0.0000000000005"), "0.000000000001"), (D("-0.0000000000005"), "-0.000000000001"),
        (D("0.00000000000049999"), "0"), (D("-0.0000000000004"), "0"), (D("0.1" + "3" * 40), "0.133333333333"),
        (D("1.0000000000000000"), "1"), (D("1E+400"), None), (D("1E-400"), "0"), (D("0E+400"), "0"),
        (D("999999999999999.999999999999"), "999999999999999.999999999999"),
        (D("999999999999999.9999999999994"), "999999999999999.999999999999"),
        (D("999999999999999.9999999999995"), None), (D("-999999999999999.9999999999995"), None),
        (D("NaN"), None), (D("Infinity"), None),
    ],
)  # fmt: skip
def test_a_number_is_written_in_plain_digits_or_refused(number: D | int, text: str | None) -> None:
    assert plain(number) == text


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_number_within_bounds_is_moved_by_half_of_its_last_decimal_at_most(number: D) -> None:
    text = plain(number)

    if text is None:
        assert not number.is_finite() or abs(number) >= D("999999999999999.9999999999995")
    else:
        assert abs(Fraction(text) - Fraction(number)) <= Fraction(1, 2 * 10**12)


@given(st.decimals(-(10**15) + 1, 10**15 - 1, places=12))
def test_plain_digits_are_the_same_number_and_their_own_spelling(number: D) -> None:
    text = plain(number)

    assert text is not None
    assert number_of(text) == number
    assert plain(D(text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), ("", ""), (True, "true"), (False, "false"), (1, "1"), (D("1.50"), "1.5"),
     (None, None), ({}, None), ([1], None)],
)  # fmt: skip
def test_plain_values_have_a_text_and_others_none(value: object, text: str | None) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    "text",
    ["", "x", " 1", "1 ", "1\n", "+1", "1e5", ".5", "5.", "1,5", "--1", "1.0000000000000", "1" * 16, "١", "true"],
)  # fmt: skip
def test_other_texts_are_no_numbers(text: str) -> None:
    assert number_of(text) is None


def test_a_text_without_its_case_has_as_many_letters() -> None:
    assert fold("Straße İΑΣ") == "straße iασ"


def test_every_aggregation_reads_what_it_can() -> None:
    sent = used({"n": "2"}, {"n": "2.5"}, {"n": "x"}, {}, {"n": "2"})

    answers = {a: measure(asked(a), sent).pooled for a in OF_EVENTS}

    assert answers == {
        Aggregation.COUNT: 5,
        Aggregation.SUM: D("6.5"),
        Aggregation.UNIQUE: 3,
        Aggregation.MAX: D("2.5"),
        Aggregation.LATEST: D(2),
        Aggregation.AVERAGE: D("2.166666666667"),
        Aggregation.PERCENTILE: D(2),
        Aggregation.TIME_WEIGHTED_SUM: D(2) * 31 * 24,
        Aggregation.CUSTOM: D(13),
    }


def test_without_events_there_is_nothing_and_nobody() -> None:
    for aggregation in OF_EVENTS:
        assert measure(asked(aggregation), []) == Usage(D(0), {}, 0, {})


def test_the_greatest_of_negative_numbers_is_negative() -> None:
    assert measure(asked(Aggregation.MAX), used({"n": "-5"}, {"n": "-2"})).pooled == -2


def test_sums_are_exact_beyond_the_usual_precision() -> None:
    sent = used(*[{"n": "999999999999999.999999999999", "k": str(n)} for n in range(100)])

    assert measure(asked(Aggregation.SUM), sent).pooled == D("99999999999999999.9999999999")


def test_a_pool_counts_a_value_once_that_two_members_have() -> None:
    members = (Member("A", ("a",), (MARCH,)), Member("B", ("b",), (MARCH,)))
    sent = [*used({"n": "x"}, {"n": "y"}), *used({"n": "x"}, alias="b")]

    found = measure(asked(Aggregation.UNIQUE, *members), sent)

    assert (found.pooled, found.members) == (2, {"A": 2, "B": 1})
    assert (found.event_count, found.member_events) == (3, {"A": 2, "B": 1})


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("told", "latest"),
    [
        # (hours after the first, value), in the order of acknowledgement
        ([(0, "1"), (2, "7"), (1, "3")], 7),
        ([(1, "7"), (1, "3")], 3),
        ([(1, "3"), (1, "7"), (0, "9")], 7),
        ([(0, "7"), (1, "x"), (2, "")], 7),
        ([(0, "7"), (1, "-2")], -2),
        ([(0, "7"), (1, "0")], 0),
        ([(0, "x")], 0),
    ],
)  # fmt: skip
def test_the_latest_value_is_of_the_last_instant_then_of_who_came_last(
    told: list[tuple[int, str]], latest: int
) -> None:
    sent = [
        e
        for hour, n in told
        for e in used({"n": n}, at=START + hour * HOUR, id=f"{len(n)}{hour}{n}")
    ]

    found = measure(asked(Aggregation.LATEST), sent)

    assert (found.pooled, found.event_count) == (latest, len(told))


def test_a_corrected_event_is_no_longer_the_latest() -> None:
    wrong, right = used({"n": "900"}, at=START + 2 * HOUR, id="x"), used({"n": "9"}, id="x")
    between = used({"n": "5"}, at=START + HOUR)

    assert measure(asked(Aggregation.LATEST), [*between, *wrong]).pooled == 900
    assert measure(asked(Aggregation.LATEST), [*between, *wrong, *right]).pooled == 5


def test_an_event_that_is_sent_again_came_later_than_one_of_its_instant() -> None:
    first, other = used({"n": "1"}, id="x"), used({"n": "2"}, id="y")

    assert measure(asked(Aggregation.LATEST), [*first, *other]).pooled == 2
    assert measure(asked(Aggregation.LATEST), [*first, *other, *first]).pooled == 1


def test_a_pool_has_the_sum_of_its_members_latest_values_of_the_time_itself() -> None:
    first_half = Span(START, START + 15 * 24 * HOUR)
    members = (
        Member("A", ("a", "aa"), (MARCH,)),
        Member("B", ("b",), (first_half,)),
        Member("C", ("c",), (MARCH,)),
    )
    sent = [
        *used({"n": "4"}, at=START), *used({"n": "6"}, alias="aa", at=START + HOUR),
        *used({"n": "10"}, alias="b"), *used({"n": "99"}, alias="b", at=END - HOUR),
        *used({"n": "50"}, alias="c", at=START - HOUR), *used({"n": "x"}, alias="c"),
    ]  # fmt: skip

    found = measure(asked(Aggregation.LATEST, *members), sent)

    assert (found.pooled, found.members) == (16, {"A": 6, "B": 10, "C": 0})


def test_spans_begin_with_their_first_instant_and_end_before_their_last() -> None:
    tick = timedelta(microseconds=1)
    sent = [
        event for at in (START - tick, START, END - tick, END) for event in used({"n": "1"}, at=at)
    ]

    assert measure(asked(Aggregation.COUNT), sent).pooled == 2


def test_an_event_in_two_overlapping_spans_counts_once() -> None:
    member = Member("A", ("a", "a"), (MARCH, MARCH))

    assert measure(asked(Aggregation.SUM, member), used({"n": "1"})).pooled == 1


def test_the_last_event_with_an_id_counts_even_where_it_no_longer_matches() -> None:
    sent = [*used({"n": "1"}, id="x"), *used({"n": "2"}, id="x", alias="VOID")]

    assert measure(asked(Aggregation.SUM), sent).event_count == 0


@pytest.mark.parametrize(
    ("filters", "negated", "case_sensitive", "passing"),
    [
        ({}, (), True, "123456"),
        ({"r": {"eu"}}, (), True, "1"),
        ({"r": {"EU", "us"}}, (), False, "123"),
        ({"r": {"eu", "us"}}, (), True, "13"),
        ({"r": {"eu"}, "p": {"x"}}, (), True, ""),
        ({"r": {"us"}, "p": {"x"}}, (), True, "3"),
        ({"r": {"eu"}}, ("r",), True, "23456"),
        ({"r": {"eu"}}, ("r",), False, "3456"),
        ({"r": set()}, (), True, ""),
        ({"r": set()}, ("r",), True, "123456"),
        ({"r": {""}}, (), True, "4"),
    ],
)  # fmt: skip
def test_filters_combine_over_properties_and_offer_alternatives_within_one(
    filters, negated, case_sensitive, passing
) -> None:
    rows = {
        "1": {"r": "eu"}, "2": {"r": "EU"}, "3": {"r": "us", "p": "x"}, "4": {"r": ""},
        "5": {"p": "x"}, "6": {},
    }  # fmt: skip
    sent = used(*[row | {"n": name} for name, row in rows.items()])
    query = asked(
        Aggregation.SUM,
        filters=tuple((name, frozenset(texts)) for name, texts in filters.items()),
        negated=frozenset(negated),
        case_sensitive=case_sensitive,
        want_values=True,
    )

    assert "".join(str(value) for value, _ in measure(query, sent).values) == passing


def test_values_are_told_with_how_often_they_came() -> None:
    sent = used({"n": "2"}, {"n": "1.50", "k": "1"}, {"n": "1.5"}, {"n": "x"}, {})

    def values(aggregation: Aggregation):
        return measure(asked(aggregation, want_values=True), sent).values

    assert values(Aggregation.SUM) == values(Aggregation.MAX) == ((D("1.5"), 2), (D(2), 1))
    assert values(Aggregation.COUNT) == ((D(1), 5),)
    assert values(Aggregation.UNIQUE) == values(Aggregation.LATEST) == ()
    assert measure(asked(Aggregation.SUM), sent).values == ()


@given(st.lists(events(), max_size=12), queries())
def test_sending_everything_again_changes_nothing(sent: list[Event], query: UsageQuery) -> None:
    assert measure(query, [*sent, *sent]) == measure(query, sent)


@given(st.lists(events(), max_size=12), queries())
def test_what_adds_up_over_members_is_the_pool(sent: list[Event], query: UsageQuery) -> None:
    found = measure(query, sent)

    assert sum(found.member_events.values()) == found.event_count
    if query.metric.aggregation in ADDING_UP:
        assert exact_sum(found.members.values()) == found.pooled
    if query.want_values and query.metric.aggregation in GROWING:
        assert exact_sum(value * many for value, many in found.values) == found.pooled
