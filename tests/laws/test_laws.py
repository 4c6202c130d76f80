"""Laws of families, each over thousands of random ones: more with CATCHMENT_FAMILIES=100000 (`make prove`)."""

from __future__ import annotations

import os

import pytest

from catchment.core.values import money
from tests.laws.billing import Rules
from tests.laws.broken import BROKEN
from tests.laws.hunt import Broken, hold
from tests.laws.laws import LAWS, Law
from tests.laws.sameness import SAMENESS

FAMILIES = int(os.environ.get("CATCHMENT_FAMILIES", "1000"))
FEWER = int(os.environ.get("CATCHMENT_FAMILIES", "200"))
"""On how many the laws are tried that bill each family twice."""

AT_ONCE = 500


def seeds(families: int) -> list[range]:
    return [range(first, min(first + AT_ONCE, families)) for first in range(0, families, AT_ONCE)]


TRIED = [(law, some) for law in LAWS for some in seeds(FAMILIES)]
TRIED += [(law, some) for law in SAMENESS for some in seeds(FEWER)]


@pytest.fixture(autouse=True)
def _a_currency_of_three_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No price can have one yet; shares must add up all the same."""
    monkeypatch.setattr(money, "CURRENCIES", {**money.CURRENCIES, "KWD": 3})


@pytest.mark.parametrize(
    ("law", "some"), [pytest.param(law, some, id=f"{law.name}: {some}") for law, some in TRIED]
)
def test_no_family_breaks(law: Law, some: range) -> None:
    hold(law, some)


@pytest.mark.parametrize(
    ("law", "rules"),
    [pytest.param(law, rules, id=f"{law.name}: {mistake}") for law, mistake, rules in BROKEN],
)
def test_a_mistake_breaks(law: Law, rules: Rules) -> None:
    with pytest.raises(Broken) as found:
        hold(law, range(AT_ONCE), rules)

    assert "Error: " not in found.value.why, "a mistake is found by what it does"
    assert len(found.value.family.events) <= 3, "what is shown is small"
