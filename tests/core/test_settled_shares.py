"""Whose a discount or a minimum is: explained by what members have of the lines it settles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given

from catchment.core.due.charging import charges
from catchment.core.invoices import settled_shares, settling
from catchment.core.invoices.lines import line
from catchment.core.shares.allocation import METHODS, Method, Parts
from catchment.core.shares.breakdown import Measured
from catchment.core.shares.line_shares import Share
from catchment.core.shares.weights import By, LineTerm
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.pricing import Linear
from catchment.core.terms.schedules import Schedule
from catchment.core.terms.taxes import Reason, Taxation, TaxRate
from tests.core.agreements import day, item
from tests.core.test_settling import BYTE, CALL, CALLS, agreed, measured, off, terms, used

DUE = day("4-1")
VAT = Taxation(Reason.SCHEDULE, TaxRate("vat", "vat-1", 1, "VAT", "VAT", D("0.2")))


def settling_lines(of: Schedule, members: dict[str, dict[str, int]]) -> Iterator[Measured]:
    """What stands beside others on the invoice of April."""
    for one in charges(of, DUE):
        if one.due_on == DUE and one.item.settles is not None:
            yield measured(one, members)


def shares(of: Schedule, members: dict[str, dict[str, int]]) -> dict[str, dict[str, int | None]]:
    """By what settles, each member's part by quantity."""
    return {
        one.charge.item.id: {share.customer: share.parts[0] for share in settled_shares.shares(one)}
        for one in settling_lines(of, members)
    }


@given(terms(), used, used)
def test_a_share_is_explained_by_what_its_member_has_of_the_lines_beside(
    of: Schedule, calls: dict[str, int], sizes: dict[str, int]
) -> None:
    for one in settling_lines(of, {"calls": calls, "bytes": sizes}):
        known = {share.customer: share.parts for share in settled_shares.shares(one)}
        for method, working in settled_shares.workings(one).items():
            told = working.reckonings(known)
            for who, found in told.items():
                [step] = settling.steps(one)
                amount = Fraction(step.amount.decimal)
                assert found.exact == amount * found.weight / found.whole
                assert found.share.minor == known[who][METHODS.index(method)]
                assert all(isinstance(term, LineTerm) and term.amount for term in found.terms)
                if found.by is By.LINES and found.weight:
                    assert abs(sum(term.amount for term in found.terms)) == found.weight
            assert sum(one.weight for one in told.values()) == next(iter(told.values())).whole


@given(terms(), used, used)
def test_by_one_method_alone_lines_are_shared_as_by_all(
    of: Schedule, calls: dict[str, int], sizes: dict[str, int]
) -> None:
    members = {"calls": calls, "bytes": sizes}
    for charge in charges(of, DUE):
        every = line(measured(charge, members), methods=METHODS, taxation=VAT)
        for place, method in enumerate(METHODS):
            alone = line(measured(charge, members), methods=(method,), taxation=VAT)
            assert (alone.shares is None) == (every.shares is None)
            assert list(alone.shares or ()) == only(every.shares or (), place)


def only(shares: Iterable[Share], place: int) -> list[Share]:
    """The shares by the method at a place."""

    def alone(parts: Parts) -> Parts:
        return tuple([part if at == place else None for at, part in enumerate(parts)])

    made = [one._replace(parts=alone(one.parts), taxes=alone(one.taxes)) for one in shares]
    return [one for one in made if any(part is not None for part in one.parts)]


def test_weights_are_money_of_the_lines_beside() -> None:
    of = agreed(CALL, discounts=[off("0.1")], roll_up=True)
    [one] = settling_lines(of, {"calls": {"a": 10, "b": 30}})

    told = settled_shares.workings(one)[Method.PROPORTIONAL].reckonings({"a", "b"})

    assert {who: (found.by, found.weight, found.whole) for who, found in told.items()} == {
        "a": (By.LINES, 10, 40),
        "b": (By.LINES, 30, 40),
    }


def test_weights_are_quantities_where_the_lines_beside_come_to_nothing() -> None:
    free = item("byte", Linear(D(0)), metric=BYTE.metric, product="net")
    [one] = settling_lines(
        agreed(free, minimums=[Minimum("m", D(10))], roll_up=True), {"bytes": {"a": 3, "c": 1}}
    )

    told = settled_shares.workings(one)[Method.PROPORTIONAL].reckonings({"a", "c"})

    assert {who: (found.by, found.weight, found.whole) for who, found in told.items()} == {
        "a": (By.QUANTITY, 3, 4),
        "c": (By.QUANTITY, 1, 4),
    }


@pytest.mark.parametrize("prices", [("call",), ("byte",), ()])
def test_a_minimum_is_whose_usage_counts_towards_it(prices: tuple[str, ...]) -> None:
    of = agreed(CALL, BYTE, minimums=[Minimum("m", D(1000), frozenset(prices))], roll_up=True)
    members = {"calls": {"a": 300}, "bytes": {"b": 200}}

    found = shares(of, members)["minimum:m"]

    expected = {("call",): {"a": 70000}, ("byte",): {"b": 90000}, (): {"a": 45000, "b": 15000}}
    assert found == expected[prices]


def test_a_minimum_is_by_what_discounts_within_the_lines_leave() -> None:
    half = off("0.5", "call", separate=False)
    of = agreed(CALL, BYTE, discounts=[half], minimums=[Minimum("m", D(1000))], roll_up=True)

    found = shares(of, {"calls": {"a": 300}, "bytes": {"b": 200}})["minimum:m"]

    assert found == {"a": 450_00, "b": 300_00}, "150 and 100 are left, 750 are missing"


def test_shares_of_what_settles_others_come_with_their_tax() -> None:
    of = agreed(CALL, discounts=[off("0.1")], roll_up=True)
    [one] = settling_lines(of, {"calls": {"a": 10, "b": 30}})

    taxed, untaxed = settled_shares.shares(one, VAT), settled_shares.shares(one)

    assert [(share.parts[0], share.taxes[0]) for share in taxed] == [(-1_00, -20), (-3_00, -60)]
    assert [share.taxes for share in untaxed] == [(), ()]


def test_a_single_cent_of_usage_decides_before_quantities_do() -> None:
    free = item("byte", Linear(D(0)), metric=BYTE.metric, product="net")
    cheap = item("call", Linear(D("0.01")), metric=CALLS, product="api")
    of = agreed(cheap, free, minimums=[Minimum("m", D(10))], roll_up=True)

    by_line = shares(of, {"calls": {"b": 1}, "bytes": {"a": 9}})
    by_quantity = shares(of, {"calls": {}, "bytes": {"c": 1, "b": 0, "a": 3}})

    assert by_line["minimum:m"] == {"a": 0, "b": 999}
    assert list(by_quantity["minimum:m"].items()) == [("a", 750), ("c", 250)]


def test_a_discount_is_of_what_those_within_the_line_have_left() -> None:
    within, beside = off("0.5", "call", separate=False, id="e"), off("0.1", id="f")
    other = off("0.9", "byte", separate=False, id="g")
    of = agreed(CALL, BYTE, discounts=[within, other, beside], roll_up=True)

    found = shares(of, {"calls": {"a": 100, "b": 300}, "bytes": {"c": 400}})

    assert found["discount:f:call"] == {"a": -500, "b": -1500}
    assert found["discount:f:byte"] == {"c": -200}


def test_what_settles_a_price_is_of_that_price() -> None:
    of = agreed(CALL, BYTE, discounts=[off("0.1")], roll_up=True)

    for one in settling_lines(of, {"calls": {"a": 1}, "bytes": {"b": 1}}):
        beside = settling.settled(one)
        assert beside is not None
        assert beside.charge.item.id == one.charge.item.price_id


def test_every_method_shares_what_settles_others() -> None:
    of = agreed(CALL, discounts=[off("0.1")], roll_up=True)
    [one] = settling_lines(of, {"calls": {"a": 1, "b": 3}})

    assert settled_shares.workings(one).keys() == set(Method)
    assert [share.parts for share in settled_shares.shares(one)] == [
        (part,) * len(METHODS) for part in (-10, -30)
    ]
