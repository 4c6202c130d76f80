"""Periods, spans and cycles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.values.period import (
    BEGINNING,
    FOREVER,
    NO_END,
    Cycle,
    Period,
    Span,
    cycles,
    day_after,
    days_text,
    first_billing_day,
    first_instant,
    instant,
    intersect,
    minus,
    months_after,
    outermost,
    overlaps,
    union,
)

DAYS = st.dates(date(1971, 1, 1), date(2200, 12, 31))
LENGTHS = st.sampled_from([1, 3, 6, 12])


def at(hour: int) -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour)


def span(start: int, end: int) -> Span:
    return Span(at(start), at(end))


SPANS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda p: span(min(p), max(p))),
    max_size=6,
)


def hours(spans: list[Span] | tuple[Span, ...]) -> set[int]:
    """The whole hours covered: what spans mean, by brute force."""
    return {h for h in range(13) for s in spans if at(h) in s}


def march(first: int, end: int) -> Period:
    return Period(date(2026, 3, first), date(2026, 3, end))


def test_a_period_counts_its_days_and_knows_the_last_one() -> None:
    february = Period(date(2028, 2, 1), date(2028, 3, 1))

    assert (february.days, february.last_day) == (29, date(2028, 2, 29))


@pytest.mark.parametrize(
    ("other", "common"),
    [
        ((1, 10), None),
        ((1, 11), (10, 11)),
        ((12, 15), (12, 15)),
        ((19, 25), (19, 20)),
        ((20, 25), None),
    ],
)
def test_the_days_two_periods_have_in_common(
    other: tuple[int, int], common: tuple[int, int] | None
) -> None:
    assert march(10, 20).intersect(march(*other)) == (march(*common) if common else None)


@pytest.mark.parametrize("wider", [(10, 20), (9, 20), (10, 21), (1, 31)])
def test_days_that_all_lie_in_another_period_are_not_made_again(wider: tuple[int, int]) -> None:
    days = march(10, 20)

    assert days.intersect(march(*wider)) is days


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1)])
def test_a_period_without_days_cannot_be_made(start: int, end: int) -> None:
    with pytest.raises(AssertionError):
        Period(date(2026, 3, start), date(2026, 3, end))


def test_a_span_holds_its_start_but_not_its_end() -> None:
    assert [at(h) in span(1, 3) for h in range(5)] == [False, True, True, False, False]


def test_an_instant_is_one_microsecond_long() -> None:
    assert instant(at(1)) == Span(at(1), at(1).replace(microsecond=1))


def test_a_span_cannot_run_backwards() -> None:
    with pytest.raises(AssertionError):
        span(2, 1)


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (date(2026, 2, 28), date(2026, 3, 1)),
        (date(9999, 12, 30), NO_END),
        (date(9999, 12, 31), NO_END),
        (None, NO_END),
    ],
)
def test_the_end_after_an_inclusive_last_day(last: date | None, end: date) -> None:
    assert day_after(last) == end


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("UTC", date(2026, 3, 29), "2026-03-29T00:00Z"),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00Z"),
        ("Europe/Berlin", date(2026, 3, 30), "2026-03-29T22:00Z"),
        ("Europe/Berlin", date(2026, 10, 26), "2026-10-25T23:00Z"),
        # Clocks jump from 24:00 to 01:00: the day begins at the jump.
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00Z"),
        # Clocks go back from 01:00 to 00:00: midnight comes twice.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00Z"),
        # 30 December 2011 did not happen in Samoa.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00Z"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00Z"),
        # The edges of the calendar.
        ("Asia/Tokyo", date.min, "1970-01-01T00:00Z"),
        ("Asia/Tokyo", date(1970, 1, 1), "1970-01-01T00:00Z"),
        ("America/New_York", date(1970, 1, 1), "1970-01-01T05:00Z"),
        ("America/New_York", date(9999, 12, 30), "9999-12-30T05:00Z"),
        ("America/New_York", NO_END, "9999-12-31T00:00Z"),
    ],
)
def test_when_a_day_begins(zone: str, day: date, instant: str) -> None:
    assert first_instant(day, ZoneInfo(zone)) == datetime.fromisoformat(instant)


@given(
    st.lists(DAYS, min_size=3, max_size=3, unique=True).map(sorted),
    st.sampled_from(["UTC", "Pacific/Apia", "Africa/Cairo", "America/Havana", "Asia/Kathmandu"]),
)
def test_neighbouring_periods_meet_in_every_zone(days: list[date], zone: str) -> None:
    a, b, c = days

    first, second = Period(a, b).span(ZoneInfo(zone)), Period(b, c).span(ZoneInfo(zone))

    assert first.start <= first.end == second.start <= second.end


def test_an_open_ended_period_lasts_forever() -> None:
    assert Period(date(1970, 1, 1), NO_END).span(UTC) == Span(BEGINNING, FOREVER)


@pytest.mark.parametrize(
    ("billing_day", "months", "expected"),
    [
        (31, 1, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        (30, 1, ["2027-01-30", "2027-02-28", "2027-03-30", "2027-04-30", "2027-05-30"]),
        (29, 1, ["2027-01-29", "2027-02-28", "2027-03-29", "2027-04-29", "2027-05-29"]),
        (28, 1, ["2027-01-28", "2027-02-28", "2027-03-28", "2027-04-28", "2027-05-28"]),
        (31, 3, ["2027-01-31", "2027-04-30", "2027-07-31", "2027-10-31", "2028-01-31"]),
        (29, 12, ["2027-01-29", "2028-01-29", "2029-01-29", "2030-01-29", "2031-01-29"]),
    ],
)
def test_a_late_billing_day_is_clamped_and_comes_back(
    billing_day: int, months: int, expected: list[str]
) -> None:
    start = date(2027, 1, billing_day)

    starts = [c.period.start for c in islice(cycles(start, billing_day, months, NO_END), 5)]

    assert [day.isoformat() for day in starts] == expected


def test_a_leap_day_comes_back_every_fourth_year() -> None:
    starts = [c.period.start for c in cycles(date(2028, 2, 29), 29, 12, date(2033, 1, 1))]

    assert [day.day for day in starts] == [29, 28, 28, 28, 29]


@pytest.mark.parametrize(
    ("start", "billing_day", "first"),
    [
        ("2026-03-01", 1, "2026-03-01"),
        ("2026-03-02", 1, "2026-04-01"),
        ("2026-02-10", 31, "2026-02-28"),
        ("2026-02-28", 31, "2026-02-28"),
        ("2026-12-16", 15, "2027-01-15"),
        ("2026-12-15", 15, "2026-12-15"),
        ("2026-12-14", 15, "2026-12-15"),
    ],
)
def test_the_first_billing_day(start: str, billing_day: int, first: str) -> None:
    assert first_billing_day(date.fromisoformat(start), billing_day) == date.fromisoformat(first)


def test_what_lies_before_the_first_billing_day_is_a_cut_cycle() -> None:
    stub, following = cycles(date(2026, 1, 16), 1, 3, date(2026, 2, 2))

    assert stub == Cycle(
        Period(date(2026, 1, 16), date(2026, 2, 1)), Period(date(2025, 11, 1), date(2026, 2, 1))
    )
    assert following.period == following.full == Period(date(2026, 2, 1), date(2026, 5, 1))


@pytest.mark.parametrize(
    ("until", "count"),
    [
        ("2026-01-16", 0),
        ("2026-01-17", 1),
        ("2026-02-01", 1),
        ("2026-02-02", 2),
        ("2026-03-01", 2),
        ("2026-03-02", 3),
    ],
)
def test_cycles_begin_before_the_end_asked_for(until: str, count: int) -> None:
    assert len(list(cycles(date(2026, 1, 16), 1, 1, date.fromisoformat(until)))) == count


def test_cycles_stop_where_the_calendar_does() -> None:
    assert list(cycles(date(9999, 11, 10), 10, 1, NO_END)) == [
        Cycle(p, p)
        for p in (
            Period(date(9999, 11, 10), date(9999, 12, 10)),
            Period(date(9999, 12, 10), NO_END),
        )
    ]
    assert months_after(date(1, 3, 5), 5, -2) == date(1, 1, 5)
    assert months_after(date(1, 3, 5), 5, -3) == date.min


@given(DAYS, st.integers(1, 31), LENGTHS)
def test_cycles_tile_the_time_from_the_start_and_are_anchored_to_the_billing_day(
    start: date, billing_day: int, months: int
) -> None:
    found = list(islice(cycles(start, billing_day, months, NO_END), 30))

    assert found[0].period.start == start
    for before, after in pairwise(found):
        assert before.period.end == after.period.start
        anchor = after.period.start
        assert anchor.day == billing_day or (
            anchor.day < billing_day and (anchor + timedelta(days=1)).day == 1
        )
    for cycle in found:
        assert cycle.full.end == cycle.period.end
        assert cycle.full.start <= cycle.period.start


@given(SPANS)
def test_a_union_is_the_same_instants_sorted_and_apart(spans: list[Span]) -> None:
    merged = union(spans)

    assert hours(merged) == hours(spans)
    assert all(a.end < b.start for a, b in pairwise(merged))
    assert all(s.start < s.end for s in merged)


@given(SPANS, SPANS)
def test_minus_leaves_what_the_others_do_not_cover(a: list[Span], b: list[Span]) -> None:
    left = minus(a, b)

    assert hours(left) == hours(a) - hours(b)
    assert left == union(left)


@given(SPANS, st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_intersect_keeps_what_lies_within(a: list[Span], bounds: tuple[int, int]) -> None:
    within = span(min(bounds), max(bounds))

    kept = intersect(union(a), within)

    assert hours(kept) == hours(a) & hours([within])
    assert kept == union(kept)


@pytest.mark.parametrize("within", [(1, 6), (0, 6), (1, 7), (0, 12)])
def test_spans_that_all_lie_within_are_not_made_again(within: tuple[int, int]) -> None:
    spans = (span(1, 2), span(4, 6))

    assert intersect(spans, span(*within)) is spans


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=6))
def test_the_outermost_less_what_they_share_are_all_days_once(drawn: list[tuple[int, int]]) -> None:
    first = date(2026, 1, 1)
    periods = [
        Period(first + timedelta(days=start), first + timedelta(days=start + length))
        for start, length in drawn
    ]
    every_day = {one.start + timedelta(days=n) for one in periods for n in range(one.days)}

    kept = outermost(periods)

    assert sum(one.days for one in kept) - sum(one.days for one in overlaps(periods)) == len(
        every_day
    )
    assert not any(
        one != other and other.start <= one.start and one.end <= other.end
        for one in kept
        for other in kept
    )


@pytest.mark.parametrize(
    ("first", "end", "text"),
    [
        ("2026-03-01", "2026-03-02", "1 March 2026"),
        ("2026-03-01", "2026-04-01", "1 – 31 March 2026"),
        ("2026-03-16", "2026-04-16", "16 March – 15 April 2026"),
        ("2025-12-16", "2026-01-16", "16 December 2025 – 15 January 2026"),
        ("2025-03-01", "2026-03-31", "1 March 2025 – 30 March 2026"),
        ("2025-03-05", "2026-03-06", "5 March 2025 – 5 March 2026"),
    ],
)
def test_days_in_words_say_nothing_twice(first: str, end: str, text: str) -> None:
    days = Period(date.fromisoformat(first), date.fromisoformat(end))

    assert days_text(days) == text
    assert days_text(days, "_") == text.replace(" ", "_").replace("_–_", " – ")
