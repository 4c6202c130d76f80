"""Usage of a month, spread over days."""

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.usage.forecasting import Monthly, Stretch, added, as_many, joined, month_of
from catchment.core.usage.metering import Aggregation
from catchment.core.values.period import Period

JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
MONTHLY = Monthly(D(310), {date(2026, 2, 1): D(28), date(2026, 3, 1): D(620)})


def used(aggregation: Aggregation, start: str, end: str) -> D:
    days = Period(date.fromisoformat(start), date.fromisoformat(end))
    return joined(aggregation, MONTHLY.within(aggregation, days))


@pytest.mark.parametrize(
    ("aggregation", "start", "end", "expected"),
    [
        (Aggregation.SUM, "2026-01-01", "2026-02-01", "310"),
        (Aggregation.SUM, "2026-01-15", "2026-02-15", "184"),  # 17 x 10 and 14 x 1
        (Aggregation.COUNT, "2026-01-01", "2026-04-01", "958"),
        (Aggregation.TIME_WEIGHTED_SUM, "2026-02-28", "2026-03-01", "1"),
        (Aggregation.CUSTOM, "2025-12-31", "2026-01-02", "20"),
        (Aggregation.MAX, "2026-01-15", "2026-04-01", "620"),
        (Aggregation.UNIQUE, "2026-01-15", "2026-02-15", "310"),
        (Aggregation.LATEST, "2026-01-15", "2026-02-15", "28"),
        (Aggregation.AVERAGE, "2026-01-31", "2026-02-02", "169"),
        (Aggregation.PERCENTILE, "2026-01-31", "2026-02-02", "169"),
    ],
)
def test_each_aggregation_joins_months_in_its_own_way(
    aggregation: Aggregation, start: str, end: str, expected: str
) -> None:
    assert used(aggregation, start, end) == D(expected)


def test_of_no_days_there_is_nothing() -> None:
    assert joined(Aggregation.LATEST, ()) == 0


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.integers(1, 400))
def test_what_adds_up_does_so_wherever_it_is_cut(start: date, first: int, more: int) -> None:
    monthly = Monthly(D(31) * 30 * 29 * 28)
    middle, end = (date.fromordinal(start.toordinal() + n) for n in (first, first + more))
    parts = [Period(a, b) for a, b in ((start, middle), (middle, end)) if a < b]

    whole = joined(Aggregation.SUM, monthly.within(Aggregation.SUM, Period(start, end)))

    cut = [joined(Aggregation.SUM, monthly.within(Aggregation.SUM, part)) for part in parts]
    assert sum(cut) == whole


def test_a_month_is_that_of_its_day() -> None:
    assert month_of(date(2026, 1, 31)) == JANUARY


def test_an_average_weighs_days() -> None:
    stretches = [Stretch(D(10), 1), Stretch(D(40), 2)]

    assert joined(Aggregation.AVERAGE, stretches) == 30


VALUES = ((D(1), 10), (D(2), 3), (D(5), 1))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("1", VALUES),
        ("2", ((D(1), 20), (D(2), 6), (D(5), 2))),
        ("0.5", ((D(1), 5), (D(2), 2))),
        ("0.01", ((D(2), 1),)),
    ],
)
def test_events_come_as_often_as_their_sum_says(times: str, expected: object) -> None:
    assert as_many(VALUES, D(times)) == expected


def test_where_no_event_is_known_none_comes() -> None:
    assert as_many((), D(2)) == ()


def test_the_values_of_both_are_counted() -> None:
    assert added(((D(2), 1), (D(3), 1)), ((D(1), 4), (D(2), 5))) == (
        (D(1), 4), (D(2), 6), (D(3), 1),
    )  # fmt: skip
