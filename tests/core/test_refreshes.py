"""When phases grant, and until when what is left of it can be used."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest

from catchment.core.due.refreshes import refreshed
from catchment.core.terms.credits import CreditUnit, PhaseGrant, Refresh, Rollover
from catchment.core.terms.pricing import Fixed
from catchment.core.terms.schedules import Frequency, Phase, PricedItem, Schedule, Timing

FEE = PricedItem("fee", "p", "P", "Fee", "EUR", Fixed(D(10)), Frequency.MONTHLY, Timing.IN_ARREARS)
JUNE_30, DECEMBER_31 = date(2026, 6, 30), date(2026, 12, 31)


def included(refresh: Refresh, rollover: Rollover = Rollover.NONE) -> PhaseGrant:
    return PhaseGrant("g", "Included", CreditUnit.CURRENCY, "EUR", None, D(100), refresh, rollover)


def agreed(one: PhaseGrant, start: date = date(2026, 1, 1), **more: object) -> Schedule:
    first = Phase("a", start, JUNE_30, (FEE,), credit_grants=(one,))
    second = Phase("b", date(2026, 7, 1), DECEMBER_31, (FEE,))
    terms: dict[str, object] = {"billing_day": 1, "roll_up": False} | more
    return Schedule("s", "payer", start, DECEMBER_31, phases=(first, second), **terms)  # type: ignore[arg-type]


def days(schedule: Schedule, as_of: date) -> list[tuple[date, date | None]]:
    return [(one.effective, one.expiry) for one in refreshed(schedule, as_of)]


def test_every_cycle_that_has_begun_is_granted_anew() -> None:
    schedule = agreed(included(Refresh.QUARTERLY))

    assert days(schedule, date(2026, 3, 31)) == [(date(2026, 1, 1), date(2026, 3, 31))]
    assert days(schedule, DECEMBER_31) == [
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 4, 1), JUNE_30),
    ]


@pytest.mark.parametrize("refresh", [Refresh.NONE, Refresh.QUARTERLY])
def test_nothing_is_granted_before_its_phase_in_a_cycle_that_has_begun(refresh: Refresh) -> None:
    fees = Phase("a", date(2026, 1, 1), date(2026, 1, 31), (FEE,))
    grants = Phase("b", date(2026, 2, 1), DECEMBER_31, (FEE,), credit_grants=(included(refresh),))
    schedule = replace(agreed(included(refresh)), phases=(fees, grants))

    assert days(schedule, date(2026, 1, 31)) == []
    assert len(days(schedule, date(2026, 2, 1))) == 1


def test_a_first_short_cycle_is_granted_whole() -> None:
    assert days(agreed(included(Refresh.MONTHLY), date(2026, 1, 20)), date(2026, 2, 1)) == [
        (date(2026, 1, 20), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
    ]


def test_what_refreshes_never_is_granted_once() -> None:
    assert days(agreed(included(Refresh.NONE)), DECEMBER_31) == [(date(2026, 1, 1), JUNE_30)]


@pytest.mark.parametrize(
    ("rollover", "expiry"),
    [
        (Rollover.NONE, date(2026, 1, 31)),
        (Rollover.ON_GRANT_REFRESH, JUNE_30),
        (Rollover.ON_GRANT_REFRESH_AND_PHASE, DECEMBER_31),
    ],
)
def test_what_rolls_over_expires_with_its_phase_or_schedule(
    rollover: Rollover, expiry: date
) -> None:
    [(_, found)] = days(agreed(included(Refresh.MONTHLY, rollover)), date(2026, 1, 31))

    assert found == expiry


def test_an_archived_schedule_grants_nothing_more() -> None:
    schedule = agreed(included(Refresh.MONTHLY), archived_at=datetime(2026, 2, 10, tzinfo=UTC))

    assert [start for start, _ in days(schedule, DECEMBER_31)] == [
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
