"""Laws of single prices: no jumps where there are no fees, and a year is twelve months."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.due.charging import charges
from catchment.core.invoices.lines import line
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.pricing import Fixed, Graduated, Tier, rate
from catchment.core.terms.schedules import Frequency, Phase, PricedItem, Schedule, Timing
from catchment.core.values.money import exact_sum

TINY = D("0.000000000001")
PRICES = st.integers(0, 100_000).map(lambda n: D(n) / 1000)


@given(
    st.lists(st.integers(1, 10_000), min_size=1, max_size=4, unique=True),
    st.lists(PRICES, min_size=5, max_size=5),
)
def test_without_fees_a_graduated_price_has_no_jump_at_a_bound(
    bounds: list[int], prices: list[D]
) -> None:
    uppers = [*map(D, sorted(bounds)), None]
    price = Graduated(tuple(Tier(*one) for one in zip(uppers, prices[: len(uppers)], strict=True)))

    def cost(quantity: D) -> D:
        return exact_sum(segment.amount for segment in rate(price, quantity))

    for upper in uppers[:-1]:
        assert upper is not None
        assert abs(cost(upper + TINY) - cost(upper)) <= 100 * TINY
        assert abs(cost(upper) - cost(upper - TINY)) <= 100 * TINY


@given(st.integers(0, 10**9), st.integers(0, 2000), st.integers(1, 31), st.sampled_from(Timing))
def test_twelve_months_of_a_fee_are_a_year_of_twelve_times_it(
    cents: int, later: int, billing_day: int, timing: Timing
) -> None:
    start = (date(2023, 1, 1) + timedelta(days=later)).replace(day=min(billing_day, 28))

    def paid(often: Frequency, fee: D) -> int:
        item = PricedItem("p", "q", "Q", "Fee", "EUR", Fixed(fee), often, timing)
        schedule = Schedule("s", "c", start, None, None, False, (Phase("f", start, None, (item,)),))
        due = charges(schedule, start + timedelta(days=366 + 31))
        year = [one for one in due if one.service.start < start.replace(year=start.year + 1)]
        return sum(line(Measured(one)).net.minor for one in year)

    fee = D(cents) / 100
    assert paid(Frequency.MONTHLY, fee) == paid(Frequency.YEARLY, 12 * fee) == 12 * cents
