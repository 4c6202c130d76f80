"""Which rate a line has, and that taxes and everyone's share of them add up."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.shares.allocation import METHODS
from catchment.core.shares.line_shares import Share, Shares
from catchment.core.terms.taxes import (
    Identity,
    PlacedRate,
    Reason,
    Taxation,
    TaxRate,
    TaxStatus,
    TaxTerms,
    by_rate,
    identity,
    tax_on,
    tax_parts,
)
from catchment.core.values.money import Money, total

FRACTIONS = st.decimals(0, 1, places=6)
MINOR = st.integers(-(10**9), 10**9)


def rate(id: str, fraction: str = "0.2") -> TaxRate:
    return TaxRate(id, f"{id}-1", 1, f"Tax {id}", id, D(fraction))


def terms(*rates: PlacedRate, country: str = "US", region: str | None = "NY") -> TaxTerms:
    return TaxTerms(TaxStatus.TAXED, country, region, rates)


OWN_STATE = PlacedRate(rate("own state"), "US", "NY", "software")
OWN_COUNTRY = PlacedRate(rate("own country"), "US", None, "software")
STATE = PlacedRate(rate("state"), "US", "NY")
COUNTRY = PlacedRate(rate("country"), "US")
ELSEWHERE = PlacedRate(rate("elsewhere"), "GB", None, "software")
OTHER_STATE = PlacedRate(rate("other state"), "US", "NJ", "software")
OTHER_KIND = PlacedRate(rate("other kind"), "US", "NY", "hardware")


@pytest.mark.parametrize(
    ("rates", "reason", "found"),
    [
        ([OWN_STATE, OWN_COUNTRY, STATE, COUNTRY], Reason.CATEGORY, "own state"),
        ([OWN_COUNTRY, STATE, COUNTRY], Reason.CATEGORY, "own country"),
        ([STATE, COUNTRY], Reason.DEFAULT, "state"),
        ([COUNTRY], Reason.DEFAULT, "country"),
        ([ELSEWHERE, OTHER_STATE, OTHER_KIND], Reason.MISSING, None),
        ([], Reason.NOT_TAXED, None),
        ([OWN_COUNTRY, PlacedRate(rate("twin"), "US", None, "software")], Reason.AMBIGUOUS, None),
        ([OWN_STATE, OWN_COUNTRY, OTHER_STATE, OTHER_KIND], Reason.CATEGORY, "own state"),
    ],
)
def test_the_category_comes_before_all_and_the_region_before_the_country(
    rates: list[PlacedRate], reason: Reason, found: str | None
) -> None:
    for order in permutations(rates):
        taxation = terms(*order).of(None, "software")

        assert taxation.reason is reason
        assert (taxation.rate and taxation.rate.id) == found


def test_a_product_without_a_category_has_only_what_holds_for_all() -> None:
    assert terms(OWN_STATE, COUNTRY).of(None, None).rate == COUNTRY.rate


def test_a_region_is_the_same_however_it_is_written() -> None:
    assert terms(PlacedRate(rate("ny"), "US", " ny ")).of(None, None).reason is Reason.DEFAULT


def test_a_rate_that_the_schedule_names_wins_wherever_it_holds() -> None:
    assert terms(OWN_STATE, ELSEWHERE).of("elsewhere", "software") == Taxation(
        Reason.SCHEDULE, ELSEWHERE.rate
    )


def test_a_named_rate_that_is_no_longer_in_force_is_missed_not_replaced() -> None:
    assert terms(OWN_STATE).of("gone", "software") == Taxation(Reason.MISSING)
    assert terms().of("gone", "software").undecided


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (TaxStatus.TAX_EXEMPT, Reason.EXEMPT),
        (TaxStatus.REVERSE_CHARGED, Reason.REVERSE_CHARGED),
    ],
)
def test_who_is_exempt_or_declares_the_tax_pays_none_whatever_is_agreed(
    status: TaxStatus, reason: Reason
) -> None:
    taxation = TaxTerms(status, "US", "NY", (OWN_STATE,)).of("own state", "software")

    assert (taxation.reason, taxation.fraction) == (reason, 0)
    assert not taxation.undecided


@pytest.mark.parametrize(
    ("net", "fraction", "tax"),
    [
        (Money(1250, "EUR"), "0.2", 250),
        (Money(5, "EUR"), "0.1", 1),  # half a cent
        (Money(-5, "EUR"), "0.1", -1),  # away from zero
        (Money(4, "EUR"), "0.1", 0),
        (Money(333, "JPY"), "0.1", 33),
        (Money(100, "EUR"), "0", 0),
        (Money(100, "EUR"), "1", 100),
    ],
)
def test_tax_is_rounded_half_away_from_zero(net: Money, fraction: str, tax: int) -> None:
    assert tax_on(net, D(fraction)).minor == tax


@given(MINOR, FRACTIONS)
def test_a_credit_gives_back_exactly_the_tax_of_its_charge(minor: int, fraction: D) -> None:
    net = Money(minor, "EUR")

    assert tax_on(-net, fraction) == -tax_on(net, fraction)


@given(st.lists(MINOR, min_size=1, max_size=30), FRACTIONS)
def test_shares_of_tax_add_up_to_it_and_are_less_than_a_unit_from_their_own(
    parts: list[int], fraction: D
) -> None:
    tax = tax_on(Money(sum(parts), "EUR"), fraction)

    found = tax_parts(parts, fraction, tax)

    assert sum(found) == tax.minor
    assert all(abs(own - part * fraction) < 1 for own, part in zip(found, parts, strict=True))


@given(st.lists(MINOR, min_size=1, max_size=8), FRACTIONS)
def test_taking_a_line_back_takes_back_everyones_share_of_the_tax(
    parts: list[int], fraction: D
) -> None:
    tax = tax_on(Money(sum(parts), "EUR"), fraction)
    if sum(parts):  # of nothing there is no way that it goes
        back = tax_parts([-part for part in parts], fraction, -tax)

        assert back == tuple(-part for part in tax_parts(parts, fraction, tax))


def test_shares_have_their_tax_by_each_method_and_who_has_none_has_no_tax() -> None:
    shares = Shares.of(
        [
            Share("a", D(1), (50, 33, None)),
            Share("b", D(1), (50, 67, 100)),
        ]
    )

    found = shares.taxed(D("0.19"), Money(19, "EUR"))

    assert [one.taxes for one in found] == [(10, 6, None), (9, 13, 19)]
    assert shares.taxed(D(0), Money(0, "EUR")) == shares
    for place in range(len(METHODS)):
        assert sum(one.taxes[place] or 0 for one in found) == 19


LINES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                Taxation(Reason.CATEGORY, rate("a", "0.2")),
                Taxation(Reason.SCHEDULE, rate("a", "0.2")),
                Taxation(Reason.DEFAULT, rate("b", "0.05")),
                Taxation(Reason.MISSING),
                Taxation(Reason.EXEMPT),
            ]
        ),
        MINOR,
    ),
    max_size=12,
)


@given(LINES, st.randoms())
def test_sums_by_rate_add_up_in_whatever_order_the_lines_come(
    entries: list[tuple[Taxation, int]], chance: object
) -> None:
    lines = [
        (taxation, net, tax_on(net, taxation.fraction))
        for taxation, minor in entries
        for net in [Money(minor, "EUR")]
    ]
    shuffled = list(lines)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    found, again = by_rate(lines), by_rate(shuffled)

    assert [(s.taxation.rate, s.net, s.tax) for s in found] == [
        (s.taxation.rate, s.net, s.tax) for s in again
    ]
    assert total((s.net for s in found), "EUR") == total((net for _, net, _ in lines), "EUR")
    assert total((s.tax for s in found), "EUR") == total((tax for _, _, tax in lines), "EUR")
    versions = [s.taxation.rate.version_id for s in found if s.taxation.rate]
    assert len(set(versions)) == len(versions)
    fractions = [s.taxation.fraction for s in found]
    assert fractions == sorted(fractions, reverse=True), "the highest rate comes first"


def test_what_has_no_rate_comes_last_by_its_reason() -> None:
    nothing = Money(0, "EUR")
    taxed = [
        Taxation(Reason.DEFAULT, rate("Zero", "0")),
        Taxation(Reason.DEFAULT, rate("a", "0.2")),
        Taxation(Reason.EXEMPT),
        Taxation(Reason.MISSING),
    ]

    found = by_rate((one, nothing, nothing) for one in reversed(taxed))

    told = [one.taxation.rate.id if one.taxation.rate else one.taxation.reason for one in found]
    assert told == ["a", "Zero", *sorted([Reason.EXEMPT, Reason.MISSING])]


def test_the_tax_id_is_that_of_the_place_and_of_the_state_before_the_country() -> None:
    known = [Identity("GB1", "GB"), Identity("US1", "US"), Identity("NY1", "US", "NY")]

    assert identity(known, ("US", "NY")) == "NY1"
    assert identity(known, ("US", "NJ")) == "US1"
    assert identity(known[::-1], ("US", "NJ")) == "US1"
    assert identity(known, ("FR", None), ("GB", None)) == "GB1"
    assert identity(known, ("FR", None)) is None
    assert identity(known[:1], ("FR", None)) == "GB1"
    assert identity([], ("FR", None)) is None
