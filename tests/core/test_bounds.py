"""What looks like a slip is told from what does not, on both sides of every bound."""

from decimal import Decimal as D

import pytest

from catchment.core.control.bounds import Bounds, Breach, breach
from catchment.core.values.money import Money

USUAL = Bounds()


def usd(*cents: int) -> list[Money]:
    return [Money(one, "USD") for one in cents]


def found(net: int, lines: int = 1, before: tuple[int, ...] = (), bounds: Bounds = USUAL):
    told = breach(bounds, Money(net, "USD"), lines, usd(*before))
    return None if told is None else told[0]


@pytest.mark.parametrize(("lines", "expected"), [(10_000, None), (10_001, Breach.TOO_MANY_LINES)])
def test_there_may_be_so_many_lines(lines: int, expected: Breach | None) -> None:
    assert found(100, lines) is expected


@pytest.mark.parametrize(("net", "expected"), [(0, None), (-1, Breach.NEGATIVE_TOTAL)])
def test_nobody_is_billed_less_than_nothing(net: int, expected: Breach | None) -> None:
    assert found(net) is expected


@pytest.mark.parametrize(
    ("net", "before", "expected"),
    [
        (1_000_00, (100_00, 100_00, 100_00), None),
        (1_000_01, (100_00, 100_00, 100_00), Breach.TOTAL_JUMPED),
        (999_99, (1, 1, 1), None),
        (1_000_00, (1, 1, 1), Breach.TOTAL_JUMPED),
        (1_000_00, (0, 0, 0), Breach.TOTAL_JUMPED),
        (1_000_00, (1, 1), None),
        (10_000_00, (1, *[1_000_00] * 6), None),
        (10_000_01, (10**9, *[1_000_00] * 6), Breach.TOTAL_JUMPED),
        (1_000_00, (-5_00, -5_00, -5_00), Breach.TOTAL_JUMPED),
    ],
)
def test_a_total_may_be_ten_times_the_average_of_the_last_six(
    net: int, before: tuple[int, ...], expected: Breach | None
) -> None:
    assert found(net, before=before) is expected


def test_bounds_are_the_workspaces_own() -> None:
    tight = Bounds(most_lines=2, jump_factor=D("1.5"), jump_from=D("0.5"))

    assert found(51, before=(34, 34, 34), bounds=tight) is None
    assert found(52, before=(34, 34, 34), bounds=tight) is Breach.TOTAL_JUMPED
    assert found(1, lines=3, bounds=tight) is Breach.TOO_MANY_LINES


def test_the_reason_names_the_figures() -> None:
    told = breach(USUAL, Money(2_000_00, "USD"), 1, usd(100_00, 100_00, 101_00))

    assert told == (
        Breach.TOTAL_JUMPED,
        "It comes to USD 2000.00, more than 10 times the average of the 3 before, USD 100.33.",
    )
