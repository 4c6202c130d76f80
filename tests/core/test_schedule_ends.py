"""When a schedule is over: nothing falls due any more."""

from __future__ import annotations

import pytest

from catchment.core.due.charging import is_over
from catchment.core.terms.pricing import Fixed
from catchment.core.terms.schedules import Timing
from tests.core.agreements import day, item, phase, schedule

ARREARS = item("arrears", Fixed(item().price.price))  # type: ignore[union-attr]
ADVANCE = item("advance", ARREARS.price, timing=Timing.IN_ADVANCE)


@pytest.mark.parametrize(
    ("on", "over"), [("1-1", False), ("3-30", False), ("3-31", False), ("4-1", True), ("9-1", True)]
)
def test_it_is_over_the_day_after_its_last(on: str, over: bool) -> None:
    agreed = schedule(phase("1-1", "2-10", ADVANCE), phase("2-11", "3-31", ARREARS))

    assert is_over(agreed, day(on)) is over


def test_without_an_end_it_is_never_over() -> None:
    agreed = schedule(phase("1-1", "2-10", ARREARS), phase("2-11", None, ADVANCE))

    assert not is_over(agreed, day("12-31"))
