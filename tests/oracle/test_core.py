"""What the core makes of contracts, against the oracle: everything but who used how much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catchment.core.values import money
from tests.oracle.biller import bill
from tests.oracle.contracts import MINOR_DIGITS, told
from tests.oracle.draw import LAST_DAY, ZONES, contract
from tests.oracle.in_core import lines

CONTRACTS = 100


@pytest.fixture(autouse=True)
def _a_currency_of_three_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No price can have one yet; it must come out right all the same."""
    monkeypatch.setattr(money, "CURRENCIES", {**money.CURRENCIES, **MINOR_DIGITS})


def test_every_line_comes_to_what_the_oracle_says() -> None:
    for seed in range(CONTRACTS):
        drawn = contract(seed, ZONES[seed % len(ZONES)])
        by_themselves = (replace(one, bills_parent=False) for one in drawn.schedules)
        one = replace(drawn, schedules=tuple(by_themselves))
        expected = {
            key: (line.due, line.until, line.net, line.shares)
            for key, line in bill(one, LAST_DAY).lines.items()
        }

        found = dict(lines(one, LAST_DAY))

        assert found == expected, f"seed {seed}: {told(one)}"
