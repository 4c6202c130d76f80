"""Contracts of every kind, billed for 13 months: `make prove-billing` does the same with 50,000 of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine

from catchment.core.values import money
from catchment.usage import UsageStore
from tests.oracle.contracts import MINOR_DIGITS, Bill, Contract
from tests.oracle.draw import ZONES, contract
from tests.oracle.found import found
from tests.oracle.runs import bill_by_runs
from tests.oracle.trial import Differs, agree

CONTRACTS = 32

HERE = {"sqlite": "Australia/Lord_Howe", "postgresql": "America/Santiago"}
"""A zone of its own for each database: contracts are what has to vary."""


@pytest.fixture(autouse=True)
def _a_currency_of_three_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No price can have one yet; it must come out right all the same."""
    monkeypatch.setattr(money, "CURRENCIES", {**money.CURRENCIES, **MINOR_DIGITS})


def test_every_contract_is_billed_as_the_oracle_bills_it(engine: Engine, usage: UsageStore) -> None:
    zone = HERE[engine.dialect.name]
    first = ZONES.index(zone) * CONTRACTS

    drawn = {n: contract(n, zone) for n in range(first, first + CONTRACTS)}

    lines = agree(engine, usage, drawn | dict(enumerate(found(zone), first + CONTRACTS)))

    assert lines > CONTRACTS * 10, "there is something to be compared"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # any will do to search in
def test_a_mistake_is_found_and_shown_small(engine: Engine, usage: UsageStore) -> None:
    def forgets_billing_days(contract: Contract, days: Sequence[date]) -> Bill:
        schedules = (replace(one, billing_day=None) for one in contract.schedules)
        return bill_by_runs(replace(contract, schedules=tuple(schedules)), days)

    drawn = (contract(n, "UTC") for n in range(20))
    whole = next(one for one in drawn if one.schedules[0].billing_day)
    alone = replace(whole.schedules[0], rolls_up=False)
    small = replace(whole, schedules=(alone,), moves=(), events=whole.events[:4], seats=())

    with pytest.raises(Differs) as found:
        agree(engine, usage, {0: small}, forgets_billing_days)

    [schedule] = found.value.contract.schedules
    assert schedule.billing_day
    assert not found.value.contract.events
