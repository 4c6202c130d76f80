"""From charges and usage to lines, groups and a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.due.charging import charges
from catchment.core.due.pools import Pool, PoolMember
from catchment.core.invoices.invoicing import Line, Measured, RateDisplay, draft, line, named
from catchment.core.invoices.lines import taxed
from catchment.core.shares.allocation import METHODS
from catchment.core.terms.pricing import (
    Fixed,
    Graduated,
    Linear,
    OneTime,
    Package,
    Price,
    Segment,
    Tier,
    Volume,
)
from catchment.core.terms.schedules import Charge, Frequency, PricedItem, Schedule, Timing
from catchment.core.terms.taxes import Reason, Taxation, TaxRate, tax_on
from catchment.core.usage.metering import Aggregation, Metric, Usage
from catchment.core.values.money import Money, decimal_text, exact_sum, total
from catchment.core.values.period import Period, Span
from tests.core.agreements import CALLS, day, item, phase, schedule
from tests.core.strategies import span

TIERS = (Tier(D(100), D(1), D(20)), Tier(None, D("0.75"), D(50)))
USERS = Metric("users", "login", Aggregation.UNIQUE, "user")
PEAK = Metric("peak", "load", Aggregation.MAX, "load")
MARCH = Period(day("3-1"), day("4-1"))
FOREVER_ENOUGH = span(0, 12)


def charge(of: PricedItem, service: Period = MARCH, full: Period = MARCH) -> Charge:
    due = service.end if of.timing is Timing.IN_ARREARS else service.start
    return Charge("s1", "p1", of, service, full, due)


def used(quantity: str, **members: str) -> Usage:
    return Usage(
        D(quantity),
        {customer: D(value) for customer, value in members.items()},
        7,
        dict.fromkeys(members, 1),
    )


def pooled(*paths: str, until: Span = FOREVER_ENOUGH) -> Pool:
    """Members by their way from the payer, a letter each: ``ab`` is b below a."""
    return Pool(
        tuple(PoolMember(path[-1], (until,), len(path) - 1, tuple(path)) for path in paths), ()
    )


def shown(of: Line) -> tuple[str, str, Money]:
    return decimal_text(of.quantity), decimal_text(of.rate), of.net


@pytest.mark.parametrize(
    ("price", "quantity", "rate", "minor"),
    [
        (Linear(D("0.1")), "550", "0.1", 5500),
        (Linear(D("0.1")), "0", "0.1", 0),
        (Linear(D("0.005")), "1", "0.005", 1),
        (Linear(D("0.005")), "0.999999999999", "0.005", 0),
        (Linear(D("0.005"), percentage=True), "1000", "0.005", 500),
        (Linear(D("0.1")), "-5", "0", 0),
        (Package(D(250), D(10)), "600", "0.05", 3000),
        (Package(D(250), D(10)), "0", "10", 0),
        (Package(D(1), D(10)), "3", "10", 3000),
        (Volume(TIERS), "125", "1.15", 14375),
        (Graduated(TIERS), "125", "1.51", 18875),
        (Graduated(TIERS), "0", "1", 0),
        (Graduated((Tier(D(2), D(1)), Tier(None, D(2)))), "2", "1", 200),
        (Graduated((Tier(D(2), D(1)), Tier(None, D(2)))), "3", "1.333333333333", 400),
    ],
)
def test_a_usage_line_shows_its_quantity_its_rate_and_its_net(
    price: Price, quantity: str, rate: str, minor: int
) -> None:
    made = line(Measured(charge(item("u", price, metric=CALLS)), used(quantity)))

    assert shown(made) == (quantity, rate, Money(minor, "EUR"))
    assert made.event_count == 7


def test_a_capped_percentage_shows_what_it_came_to_on_average() -> None:
    tier = Tier(None, D("0.02"), percentage=True, min_price=D(1), max_price=D(10))
    payments = replace(used("875"), values=((D(25), 1), (D(100), 1), (D(750), 1)))

    made = line(Measured(charge(item("u", Volume((tier,)), metric=CALLS)), payments))

    assert shown(made) == ("875", "0.014857142857", Money(1300, "EUR"))
    assert made.rate_display is RateDisplay.PERCENTAGE


@pytest.mark.parametrize(
    ("price", "first", "end", "rate", "minor"),
    [
        (Fixed(D(500)), "3-1", "4-1", "500", 50000),
        (Fixed(D(310)), "3-1", "3-16", "150", 15000),
        (Fixed(D(100)), "3-31", "4-1", "3.225806451612", 323),
        (Fixed(D(0)), "3-31", "4-1", "0", 0),
        (OneTime(D("99.995")), "3-1", "4-1", "99.995", 10000),
        # Rounded to 12 decimals first, this would be half a cent and become a whole one.
        (Fixed(D("0.154999999999")), "3-31", "4-1", "0.004999999999", 0),
    ],
)
def test_a_fixed_line_is_one_price_by_the_days_of_its_cycle(
    price: Price, first: str, end: str, rate: str, minor: int
) -> None:
    made = line(Measured(charge(item("f", price), Period(day(first), day(end)))))

    assert shown(made) == ("1", rate, Money(minor, "EUR"))
    assert (made.metric_id, made.event_count) == (None, None)
    assert made.segments == (Segment(D(1), D(rate), D(0), D(rate)),)


@given(st.decimals(0, 10**6, places=12), st.integers(1, 366), st.integers(0, 365))
def test_a_prorated_price_is_rounded_as_its_exact_amount_would_be(
    price: D, full_days: int, cut: int
) -> None:
    full = Period(day("1-1"), day("1-1") + timedelta(days=full_days))
    days = max(1, full_days - cut)
    service = Period(full.start, full.start + timedelta(days=days))

    made = line(Measured(charge(item("f", Fixed(price)), service, full)))

    # Half away from zero, in whole numbers: floor(2x + 1) / 2 of minor units.
    numerator = int(price.scaleb(12)) * days * 100
    assert made.net.minor == (2 * numerator + full_days * 10**12) // (2 * full_days * 10**12)


@given(
    st.lists(st.decimals(0, 10**6, places=6), min_size=1, max_size=5),
    st.decimals(0, 100, places=6),
)
def test_a_draft_is_the_sum_of_its_lines_and_a_line_of_its_segments(
    quantities: list[D], price: D
) -> None:
    graduated = Graduated((Tier(D(10), price, D(1)), Tier(None, price / 2)))
    measured = [
        Measured(charge(item(f"u{n}", graduated, metric=CALLS, product=f"p{n % 2}")), used(str(q)))
        for n, q in enumerate(quantities)
    ]

    made = draft(schedule(phase("3-1", None)), measured, {})

    assert made.net == total([group.net for group in made.groups], "EUR")
    for one in made.lines:
        exact = exact_sum(segment.amount for segment in one.segments)
        assert one.net == Money.rounded(exact, "EUR")


def drafted(agreed: Schedule, as_of: str) -> Sequence[Measured]:
    due = [c for c in charges(agreed, day(as_of)) if c.due_on == day(as_of)]
    return [Measured(c, used("1")) for c in due]


def test_lines_stand_under_their_product_in_the_order_of_phases_and_prices() -> None:
    agreed = schedule(
        phase("1-1", "2-10", item("old", frequency=Frequency.QUARTERLY)),
        phase(
            "2-11",
            None,
            item("calls", metric=CALLS, product="api"),
            item("seat"),
            item("minutes", metric=CALLS, product="api"),
            id="p2",
        ),
    )

    made = draft(agreed, drafted(agreed, "4-1"), {})

    assert [(g.title, [ln.title for ln in g.lines]) for g in made.groups] == [
        ("Platform", ["Old", "Seat"]),
        ("Api", ["Calls", "Minutes"]),
    ]
    assert made.lines[0].key == ("p1", "old", day("1-1"), "")


@pytest.mark.parametrize(
    ("arrears", "advance", "as_of", "period", "accounting"),
    [
        (True, True, "4-1", ("1-1", "4-1"), "3-31"),
        (True, True, "3-1", ("2-1", "3-1"), "2-28"),
        (False, True, "3-1", ("3-1", "4-1"), "3-1"),
        (True, False, "3-1", ("2-1", "3-1"), "2-28"),
    ],
)
def test_the_billing_period_is_that_of_what_is_billed_in_arrears_else_of_all(
    arrears: bool, advance: bool, as_of: str, period: tuple[str, str], accounting: str
) -> None:
    items = [item("m"), item("q", frequency=Frequency.QUARTERLY)] if arrears else []
    items += [item("a", timing=Timing.IN_ADVANCE)] if advance else []
    agreed = schedule(phase("1-1", None, *items))

    made = draft(agreed, drafted(agreed, as_of), {})

    assert made.billing_period == Period(day(period[0]), day(period[1]))
    assert (made.accounting_date, made.due_on) == (day(accounting), day(as_of))


def test_charges_of_two_due_days_are_not_one_invoice() -> None:
    agreed = schedule(phase("1-1", None, item()))

    with pytest.raises(AssertionError):
        draft(agreed, [Measured(c) for c in charges(agreed, day("3-1"))], {})


NAMES = {"a": "Acme", "b": "beta", "c": "Alpha", "d": "Delta"}
ROLL_UP = schedule(phase("3-1", None), roll_up=True, customer="a")


def test_a_roll_up_prices_the_pool_once_and_shows_what_every_member_used() -> None:
    measured = Measured(
        charge(item("u", Graduated(TIERS), metric=CALLS)),
        used("125", b="60", c="40", d="25"),
        pooled("a", "ab", "ac", "abd"),
    )

    made = draft(ROLL_UP, [measured, Measured(charge(item("fee", Fixed(D(10)))))], NAMES)

    assert made.net == Money(18875 + 1000, "EUR")
    assert [(g.name, g.depth, g.path_names, g.items[0].value) for g in made.usage_groups] == [
        ("Alpha", 1, ("Acme", "Alpha"), D(40)),
        ("beta", 1, ("Acme", "beta"), D(60)),
        ("Delta", 2, ("Acme", "beta", "Delta"), D(25)),
    ]
    assert made.notes == ()
    assert named([measured]) == {"a", "b", "c", "d"}


def test_names_are_wanted_only_for_members_with_usage_and_those_above_them() -> None:
    measured = Measured(
        charge(item("u", metric=CALLS)), used("1", d="1"), pooled("a", "ab", "ac", "abd")
    )

    assert named([measured, Measured(charge(item("f")))]) == {"a", "b", "d"}


def test_without_roll_up_there_is_no_breakdown() -> None:
    measured = Measured(charge(item("u", metric=USERS)), used("3", a="4"), pooled("a"))

    made = draft(schedule(phase("3-1", None)), [measured], NAMES)

    assert (made.usage_groups, made.notes) == ((), ())


def test_what_members_have_in_common_is_said_not_hidden() -> None:
    users = Measured(
        charge(item("u", metric=USERS)), used("3", b="2", c="2"), pooled("a", "ab", "ac")
    )
    peak = Measured(
        charge(item("p", metric=PEAK)), used("2590.5", b="2590.5", c="5"), pooled("a", "ab", "ac")
    )

    made = draft(ROLL_UP, [users, peak], NAMES)

    values = [[one.value for one in group.items] for group in made.usage_groups]
    assert values == [[D(2), D(5)], [D(2), D("2590.5")]]
    common, highest = made.notes
    assert common == (
        "users metered: what several customers have in common is billed once, so 3 is billed; "
        "the customers' own figures add up to 4."
    )
    assert highest == (
        "peak metered: the highest value of all customers together is billed, which is 2,590.5; "
        "the customers' own highest values add up to 2,595.5."
    )


def test_the_highest_values_of_several_periods_are_said_to_be_several() -> None:
    whole = charge(item("p", metric=PEAK))
    halves = (Period(day("3-1"), day("3-16")), Period(day("3-16"), day("4-1")))
    peaks = [
        Measured(replace(whole, service=half), used("7", b="7", c="5"), pooled("ab", "ac"))
        for half in halves
    ]

    (note,) = draft(ROLL_UP, peaks, NAMES).notes

    assert note == (
        "peak metered: the highest value of all customers together is billed for each period and "
        "each price, 2 values that add up to 14; the customers' own highest values add up to 24."
    )


def test_one_usage_that_is_priced_twice_is_shown_once() -> None:
    pool = pooled("a", "ab")
    quarter = Period(day("1-1"), day("4-1"))
    nameless = replace(item("u", metric=CALLS), metric_name=None)
    measured = [
        Measured(charge(nameless), used("10", b="10"), pool),
        Measured(charge(item("v", metric=CALLS)), used("10", b="10"), pool),
        Measured(charge(item("q", metric=CALLS), quarter, quarter), used("30", b="30"), pool),
    ]

    made = draft(ROLL_UP, measured, NAMES)

    (group,) = made.usage_groups
    (shown_item,) = group.items
    assert shown_item == (("calls", "U", "unit", "platform", "s1"), D(30))


def test_usage_that_prices_of_different_names_measured_adds_up() -> None:
    own = replace(item("own", metric=CALLS, product="special"), scope=frozenset({"b"}))
    measured = [
        Measured(charge(item("u", metric=CALLS)), used("3", a="1", c="2"), pooled("a", "ac")),
        Measured(charge(own), used("30", b="10", d="20"), pooled("ab", "abd")),
        Measured(charge(replace(own, id="again")), used("30", b="10", d="20"), pooled("ab", "abd")),
    ]

    made = draft(ROLL_UP, measured, NAMES)

    assert {
        group.customer: [(one.value, one.shown.product_id) for one in group.items]
        for group in made.usage_groups
    } == {
        "a": [(D(1), "platform")],
        "c": [(D(2), "platform")],
        "b": [(D(10), "special")],
        "d": [(D(20), "special")],
    }
    assert made.notes == ()


def test_usage_of_two_phases_adds_up_and_a_member_shows_its_last_place() -> None:
    first, second = Period(day("3-1"), day("3-10")), Period(day("3-10"), day("4-1"))
    early, late = span(0, 3), span(3, 9)

    def with_due(of: Charge) -> Charge:
        return replace(of, due_on=day("4-1"))

    measured = [
        Measured(
            with_due(charge(item("u", metric=CALLS), first, MARCH)),
            used("3", b="1", d="2"),
            pooled("ab", "ad", until=early),
        ),
        Measured(
            with_due(charge(item("u", metric=CALLS), second, MARCH)),
            used("4", d="4"),
            pooled("abd", until=late),
        ),
    ]

    for order in (measured, measured[::-1]):
        made = draft(ROLL_UP, order, NAMES)
        assert [(g.customer, g.path, g.items[0].value) for g in made.usage_groups] == [
            ("b", ("a", "b"), D(1)),
            ("d", ("a", "b", "d"), D(6)),
        ]


def test_an_earlier_place_does_not_replace_a_later_one() -> None:
    late = Measured(
        charge(item("x", metric=USERS)), used("1", d="1"), pooled("abd", until=span(3, 9))
    )
    early = Measured(
        charge(item("y", metric=CALLS)), used("1", d="1"), pooled("ad", until=span(0, 3))
    )

    (group,) = draft(ROLL_UP, [late, early], NAMES).usage_groups

    assert group.path == ("a", "b", "d")


def test_members_of_one_name_keep_their_children_together() -> None:
    names = {"a": "Acme", "b": "Same", "c": "Same", "d": "Below"}
    measured = Measured(
        charge(item("u", metric=CALLS)),
        used("3", b="1", c="1", d="1"),
        pooled("a", "ac", "ab", "abd"),
    )

    made = draft(ROLL_UP, [measured], names)

    assert [group.customer for group in made.usage_groups] == ["b", "d", "c"]


TAXATIONS = st.sampled_from(
    [
        Taxation(Reason.CATEGORY, TaxRate("a", "a-1", 1, "VAT", "VAT", D("0.2"))),
        Taxation(Reason.SCHEDULE, TaxRate("b", "b-1", 1, "Sales tax", "Tax", D("0.08875"))),
        Taxation(Reason.EXEMPT),
        Taxation(Reason.MISSING),
    ]
)


@given(st.lists(st.tuples(st.decimals(0, 10_000, places=3), TAXATIONS), min_size=1, max_size=6))
def test_a_draft_is_taxed_line_by_line_and_adds_up(entries: list[tuple[D, Taxation]]) -> None:
    by_price = {f"price {n}": entry for n, entry in enumerate(entries)}
    items = [
        item(id, Fixed(amount), product=f"product {n % 2}")
        for n, (id, (amount, _)) in enumerate(by_price.items())
    ]
    agreed = schedule(phase("3-1", None, *items))

    made = draft(
        agreed,
        drafted(agreed, "4-1"),
        {},
        taxing=lambda _schedule, charge: by_price[charge.item.id][1],
    )

    for one in made.lines:
        _, taxation = by_price[one.price_id]
        assert one.taxation == taxation
        assert one.tax == tax_on(one.net, taxation.fraction)
    assert made.tax == total((group.tax for group in made.groups), "EUR")
    assert made.tax == total((one.tax for one in made.lines), "EUR")
    assert made.undecided == sum(one.reason is Reason.MISSING for _, one in entries)


@given(
    st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 500), min_size=1),
    st.decimals(0, 1, places=4),
)
def test_members_share_the_tax_of_a_pooled_line_to_the_cent(
    used_by: dict[str, int], fraction: D
) -> None:
    agreed = schedule(
        phase("3-1", None, item("calls", Graduated(TIERS), metric=CALLS)), roll_up=True
    )
    [due] = charges(agreed, day("4-1"))
    pool = Pool(tuple(PoolMember(who, (FOREVER_ENOUGH,), 1, ("acme", who)) for who in used_by), ())
    usage = used(str(sum(used_by.values())), **{who: str(n) for who, n in used_by.items()})
    taxation = Taxation(Reason.DEFAULT, TaxRate("a", "a-1", 1, "VAT", "VAT", fraction))

    one = taxed(line(Measured(due, usage, pool), methods=METHODS), taxation)

    for place in range(len(METHODS)):
        assert (
            sum((s.taxes or (0,) * len(METHODS))[place] or 0 for s in one.shares) == one.tax.minor
        )
