"""Occasions recur as cron says, once a day each, whatever the clock does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.values.cron import Cron

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("0 4 * * *", "2026-03-10T04:00", "2026-03-10T04:00"),
        ("0 4 * * *", "2026-03-10T03:59", "2026-03-09T04:00"),
        ("*/15 * * * *", "2026-03-10T03:59", "2026-03-10T03:45"),
        ("5/20 * * * *", "2026-03-10T03:44", "2026-03-10T03:25"),
        ("0 0 1 * *", "2026-03-31T23:59", "2026-03-01T00:00"),
        ("30 6,18 1-3 jan,jul *", "2026-06-01T00:00", "2026-01-03T18:30"),
        ("0 9 * * mon-fri", "2026-03-15T12:00", "2026-03-13T09:00"),
        ("0 9 * * 7", "2026-03-16T12:00", "2026-03-15T09:00"),
        ("0 9 13 * 1", "2026-03-15T12:00", "2026-03-13T09:00"),
        ("0 9 13 * 1", "2026-03-12T12:00", "2026-03-09T09:00"),
        ("0 0 29 2 *", "2026-03-01T00:00", "2024-02-29T00:00"),
    ],
)
def test_the_last_occasion_is_found(text: str, now: str, expected: str) -> None:
    assert Cron(text).latest(at(now), UTC) == at(expected)


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        # The clock goes from 02:00 to 03:00 on 29 March, and back from 03:00 to 02:00 on 25 October.
        ("30 2 * * *", "2026-03-29T12:00", "2026-03-29T01:00"),
        ("30 2 * * *", "2026-10-25T12:00", "2026-10-25T00:30"),
        ("0 0 * * *", "2026-07-01T00:00", "2026-06-30T22:00"),
    ],
)
def test_a_day_has_each_occasion_once(text: str, now: str, expected: str) -> None:
    assert Cron(text).latest(at(now), BERLIN) == at(expected)


@given(st.integers(0, 2 * 365 * 24 * 60))
def test_the_next_day_has_the_next_occasion(minutes: int) -> None:
    daily, now = Cron("30 2 * * *"), at("2026-01-01T00:00") + timedelta(minutes=minutes)

    found = daily.latest(now, BERLIN)
    later = daily.latest(now + timedelta(days=1, hours=1), BERLIN)

    assert found <= now < found + timedelta(hours=25)
    assert found.astimezone(BERLIN).date() < later.astimezone(BERLIN).date()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Five fields"),
        ("0 4 * *", "Five fields"),
        ("60 4 * * *", "Bad minute"),
        ("0 24 * * *", "Bad hour"),
        ("0 4 0 * *", "Bad day-of-month"),
        ("0 4 * 13 *", "Bad month"),
        ("0 4 * * 8", "Bad day-of-week"),
        ("0 0 31 2 *", "Bad day-of-month"),
    ],
)
def test_what_is_no_schedule_is_refused_by_its_field(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Cron(text)
