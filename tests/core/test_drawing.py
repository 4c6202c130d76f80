"""What credits pay: nothing falls below zero, equal days do not matter, and all of it comes back."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.invoices.drawing import Available, Draw, Payable, drawn, owed
from catchment.core.terms.credits import CreditUnit, Grant
from catchment.core.terms.taxes import tax_on
from catchment.core.values.money import Money, exact_sum
from catchment.core.values.period import Period

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
MADE = datetime(2026, 1, 1, tzinfo=UTC)
VAT = D("0.2")


def grant(id: str = "g", amount: str = "100", **more: object) -> Grant:
    terms: dict[str, object] = {
        "customer": "payer",
        "name": "Gift",
        "unit": CreditUnit.CURRENCY,
        "currency": "EUR",
        "metric_id": None,
        "effective": date(2026, 1, 1),
        "expiry": None,
        "created_at": MADE,
    } | more
    return Grant(id=id, amount=D(amount), **terms)  # type: ignore[arg-type]


def units(id: str = "u", amount: str = "10", **more: object) -> Grant:
    return grant(id, amount, unit=CreditUnit.METRIC, metric_id="calls", **more)


def charge(
    place: int, minor: int, *, quantity: str = "1", rate: D = D(0), **more: object
) -> Payable:
    net = Money(minor, "EUR")
    terms: dict[str, object] = {
        "customer": "payer",
        "schedule_id": "s",
        "price_id": f"p{place}",
        "metric_id": None,
        "service": MARCH,
    } | more
    return Payable(
        place=place, quantity=D(quantity), net=net, tax=tax_on(net, rate), fraction=rate, **terms
    )  # type: ignore[arg-type]


def pay(charges: list[Payable], *grants: Grant) -> tuple[Draw, ...]:
    return drawn(charges, [Available(one, one.amount) for one in grants], "payer")


def told(draws: tuple[Draw, ...]) -> list[tuple[str, int, int]]:
    return [(one.grant.id, one.place, one.net.minor) for one in draws]


def test_money_pays_all_charges_in_proportion() -> None:
    assert told(pay([charge(0, 800_00), charge(1, 200_00)], grant())) == [
        ("g", 0, 80_00),
        ("g", 1, 20_00),
    ]


def test_the_soonest_to_expire_pays_first_then_the_oldest() -> None:
    never, old = grant("never"), grant("old", effective=date(2025, 1, 1))
    soon = grant("soon", expiry=date(2026, 3, 31))

    found = pay([charge(0, 250_00)], never, old, soon)

    assert told(found) == [("soon", 0, 100_00), ("old", 0, 100_00), ("never", 0, 50_00)]


def test_units_pay_before_money_and_are_worth_what_a_unit_came_to() -> None:
    calls = charge(0, 125_00, quantity="1500", metric_id="calls")

    first, second = pay([calls], grant(), units(amount="1000"))

    assert (first.grant.id, first.amount, first.net.minor) == ("u", D(1000), 83_33)
    assert (second.grant.id, second.before.minor, second.net.minor) == ("g", 41_67, 41_67)


def test_units_pay_no_more_than_was_used_and_nothing_that_is_free() -> None:
    free = charge(0, 0, quantity="5", metric_id="calls")
    calls = charge(1, 30_00, quantity="3", metric_id="calls")

    [only] = pay([free, calls], units())

    assert (only.place, only.amount, only.net.minor) == (1, D(3), 30_00)


@pytest.mark.parametrize(
    "other",
    [
        grant(currency="USD"),
        grant(customer="somebody"),
        grant(schedule_id="another"),
        grant(prices=frozenset({"p7"})),
        grant(effective=date(2026, 4, 1)),
        grant(expiry=date(2026, 2, 28)),
        units(),
    ],
)
def test_what_is_not_meant_for_a_charge_does_not_pay_it(other: Grant) -> None:
    assert pay([charge(0, 10_00)], other) == ()


def test_the_first_and_the_last_day_count() -> None:
    for one in (grant(effective=date(2026, 3, 31)), grant(expiry=date(2026, 3, 1))):
        assert len(pay([charge(0, 10_00)], one)) == 1


def test_a_childs_charge_is_paid_by_the_childs_credit_first() -> None:
    own, payers = grant("own", "5", customer="child"), grant("payers")

    found = pay([charge(0, 20_00, customer="child"), charge(1, 10_00)], payers, own)

    assert told(found) == [("own", 0, 5_00), ("payers", 0, 15_00), ("payers", 1, 10_00)]


def test_what_an_invoice_gives_back_is_taken_off_before_anything_is_paid() -> None:
    found = pay([charge(0, 100_00), charge(1, -30_00)], grant())

    assert told(found) == [("g", 0, 70_00)]
    assert pay([charge(0, 10_00), charge(1, -30_00)], grant()) == ()


def test_tax_falls_with_what_is_left_and_ends_at_nothing() -> None:
    found = pay([charge(0, 10_03, rate=VAT)], grant("a", "5.01"), grant("b", "5.02"))

    assert [one.tax.minor for one in found] == [1_01, 1_00]
    assert sum(one.tax.minor for one in found) == 2_01


def left_of(charges: list[Payable], found: tuple[Draw, ...]) -> tuple[int, int]:
    """Net and tax of an invoice less what is paid."""
    net = sum(c.net.minor for c in charges) - sum(d.net.minor for d in found)
    return net, sum(c.tax.minor for c in charges) - sum(d.tax.minor for d in found)


@pytest.mark.parametrize(
    "back",
    [
        charge(1, -30_00, rate=D("0.1")),  # of the tax 17.00 remain, not the 14.00 on 70.00
        charge(1, -30_00, rate=D("0.25")),
        charge(1, -30_00),
        charge(1, -30_02, rate=VAT),
    ],
)
def test_what_is_given_back_at_another_rate_leaves_no_tax_once_all_is_paid(back: Payable) -> None:
    charges = [charge(0, 100_03, rate=VAT), back]

    first, second = pay(charges, grant("a", "35"), grant("b", "100"))

    assert left_of(charges, (first, second)) == (0, 0)
    rest, tax = left_of(charges, (first,))
    assert abs(tax * 70 - sum(c.tax.minor for c in charges) * rest // 100) < 70


amounts = st.integers(-20_000, 100_000)
rates = st.sampled_from([D(0), D("0.07"), D("0.2")])
days = st.sampled_from([date(2026, 3, 31), date(2026, 12, 31), None])


@st.composite
def charged(draw: st.DrawFn) -> list[Payable]:
    return [
        charge(
            place,
            draw(amounts),
            quantity=str(draw(st.integers(0, 50))),
            rate=draw(rates),
            metric_id=draw(st.sampled_from([None, "calls"])),
            customer=draw(st.sampled_from(["payer", "child"])),
        )
        for place in range(draw(st.integers(1, 5)))
    ]


@st.composite
def granted(draw: st.DrawFn) -> list[Grant]:
    found = []
    for number in range(draw(st.integers(1, 5))):
        make = draw(st.sampled_from([grant, units]))
        minor = draw(st.integers(1, 60_000))
        amount = str(D(minor).scaleb(-2)) if make is grant else str(minor % 90 + 1)
        whose = draw(st.sampled_from(["payer", "child"]))
        found.append(make(f"{number}", amount, customer=whose, expiry=draw(days)))
    return found


@given(charged(), granted())
def test_no_grant_no_charge_and_no_invoice_falls_below_zero(
    charges: list[Payable], grants: list[Grant]
) -> None:
    found = pay(charges, *grants)

    assert all(one.net.minor >= 0 and one.amount > 0 and one.tax.minor >= 0 for one in found)
    for one in grants:
        assert exact_sum(d.amount for d in found if d.grant == one) <= one.amount
    for one in charges:
        paid = sum(d.net.minor for d in found if d.place == one.place)
        assert 0 <= paid <= max(one.net.minor, 0)
    net, tax = sum(c.net.minor for c in charges), sum(c.tax.minor for c in charges)
    assert sum(d.net.minor for d in found) <= max(net, 0)
    assert sum(d.tax.minor for d in found) <= max(tax, 0)


@given(charged(), granted())
def test_what_is_paid_whole_owes_no_tax(charges: list[Payable], grants: list[Grant]) -> None:
    everything = [*grants, grant("payer", "99999"), grant("child", "99999", customer="child")]

    net, tax = left_of(charges, pay(charges, *everything))

    whole_net, whole_tax = left_of(charges, ())
    assert net == min(whole_net, 0)
    if whole_net > 0:
        assert tax == min(whole_tax, 0)


@given(charged(), granted())
def test_what_is_owed_before_all_credits_is_what_they_pay_and_leave(
    charges: list[Payable], grants: list[Grant]
) -> None:
    left = {place: one.net.minor for place, one in owed(charges).items()}

    for draw in pay(charges, *grants):
        assert draw.before.minor == left[draw.place]
        left[draw.place] -= draw.net.minor
    assert all(minor >= 0 for minor in left.values())


@given(charged(), granted(), st.randoms(use_true_random=False))
def test_the_order_in_which_grants_are_found_does_not_matter(
    charges: list[Payable], grants: list[Grant], random: object
) -> None:
    shuffled = list(grants)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert pay(charges, *grants) == pay(charges, *shuffled)


@given(charged(), granted())
def test_what_was_drawn_is_drawn_again_from_that_alone(
    charges: list[Payable], grants: list[Grant]
) -> None:
    found = pay(charges, *grants)
    taken = [Available(g, exact_sum(d.amount for d in found if d.grant == g)) for g in grants]

    assert drawn(charges, taken, "payer") == found
