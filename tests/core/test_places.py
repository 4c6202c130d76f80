"""Countries and states."""

from __future__ import annotations

from catchment.core.values.places import COUNTRIES, STATES


def test_there_are_250_countries_with_kosovo_and_gb_for_britain() -> None:
    assert len(COUNTRIES) == 250
    assert {"XK", "GB", "DE"} <= COUNTRIES
    assert "UK" not in COUNTRIES


def test_american_and_canadian_addresses_name_a_state() -> None:
    assert {country: len(states) for country, states in STATES.items()} == {"US": 51, "CA": 13}
