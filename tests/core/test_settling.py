"""Discounts and minimums as lines: what they come to, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.due.charging import charges
from catchment.core.due.pools import Pool, PoolMember
from catchment.core.invoices.adjustments import Adjusting, BilledLine
from catchment.core.invoices.invoicing import Line, adjustment, draft
from catchment.core.invoices.lines import line_of
from catchment.core.shares.allocation import METHODS
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.discounts import Discount, DiscountType
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.pricing import Fixed, Graduated, Linear, Price, Tier
from catchment.core.terms.schedules import Charge, Frequency, PricedItem, Schedule, Timing
from catchment.core.usage.metering import Aggregation, Metric, Usage
from catchment.core.values.money import total
from tests.core.agreements import CALLS, day, item, phase, schedule
from tests.core.strategies import span

BYTES = Metric("bytes", "transfer", Aggregation.SUM, "size")
CALL = item("call", Linear(D(1)), metric=CALLS, product="api")
BYTE = item("byte", Linear(D("0.5")), metric=BYTES, product="net")
FEE = item("fee", timing=Timing.IN_ADVANCE)
TIERED: Price = Graduated((Tier(D(50), D("1.37"), D(0)), Tier(None, D("0.11"), D(3))))
NAMES = {who: who.upper() for who in ("acme", "a", "b", "c")}


def off(
    amount: str, *prices: str, nominal: bool = False, separate: bool = True, id: str = "d"
) -> Discount:
    type = DiscountType.NOMINAL if nominal else DiscountType.PERCENTAGE
    return Discount(id, type, D(amount), "Launch", separate, frozenset(prices))


def agreed(
    *items: PricedItem,
    discounts: Sequence[Discount] = (),
    minimums: Sequence[Minimum] = (),
    roll_up: bool = False,
    start: str = "3-1",
) -> Schedule:
    of = replace(phase(start, None, *items), discounts=tuple(discounts), minimums=tuple(minimums))
    return schedule(of, roll_up=roll_up)


def measured(of: Charge, used: dict[str, dict[str, int]]) -> Measured:
    """The charge with what members used, by metric, as it would be measured."""
    beside = tuple(measured(replace(one, beside=()), used) for one in of.beside)
    if of.item.metric is None:
        return Measured(of, beside=beside)
    members = {who: D(units) for who, units in used.get(of.item.metric.id, {}).items()}
    usage = Usage(D(sum(members.values())), members, 1, dict.fromkeys(members, 1))
    paths = {who: ("acme",) if who == "acme" else ("acme", who) for who in members}
    pool = Pool(
        tuple(PoolMember(who, (span(0, 12),), len(p) - 1, p) for who, p in paths.items()), ()
    )
    return Measured(of, usage, pool, beside=beside)


def march(of: Schedule, used: dict[str, dict[str, int]], until: str = "4-1") -> list[Line]:
    """The lines of the invoice of a day, in order."""
    due = [one for one in charges(of, day(until)) if one.due_on == day(until)]
    made = draft(of, [measured(one, used) for one in due], NAMES)
    return [one for group in made.groups for one in group.lines]


def shown(lines: Sequence[Line]) -> list[tuple[str, str]]:
    return [(one.title, str(one.net.decimal)) for one in lines]


CHARGED = {"calls": {"acme": 800}, "bytes": {"acme": 400}}


def test_a_discount_is_a_line_after_what_it_reduces() -> None:
    of = agreed(CALL, BYTE, discounts=[off("0.1")])

    assert shown(march(of, CHARGED)) == [
        ("Call", "800.00"),
        ("Launch", "-80.00"),
        ("Byte", "200.00"),
        ("Launch", "-20.00"),
    ]


def test_a_nominal_discount_is_spread_over_what_it_covers() -> None:
    of = agreed(CALL, BYTE, discounts=[off("100", nominal=True)])

    assert shown(march(of, CHARGED)) == [
        ("Call", "800.00"),
        ("Launch", "-80.00"),
        ("Byte", "200.00"),
        ("Launch", "-20.00"),
    ]


def test_a_discount_within_the_line_leaves_one_line() -> None:
    of = agreed(CALL, BYTE, discounts=[off("100", nominal=True, separate=False)])

    call, byte = march(of, CHARGED)

    assert shown([call, byte]) == [("Call", "720.00"), ("Byte", "180.00")]
    assert call.rate == D("0.9")
    assert [str(step.amount.decimal) for step in call.steps] == ["-80.00"]


@pytest.mark.parametrize(("amount", "part"), [("0.1", -25), ("100", -100)])
def test_a_fraction_is_of_the_prorated_fee_and_a_nominal_amount_is_whole(
    amount: str, part: int
) -> None:
    half = agreed(
        item(price=Fixed(D(500))), discounts=[off(amount, nominal=D(amount) > 1)], start="4-16"
    )

    lines = march(half, {}, "5-1")

    assert [one.net.decimal for one in lines] == [D(250), D(part)]


def test_a_minimum_is_reached_exactly_after_discounts() -> None:
    of = agreed(CALL, BYTE, FEE, discounts=[off("0.1", "call")], minimums=[Minimum("m", D(1000))])

    lines = march(of, CHARGED)

    assert shown(lines[:3]) == [("Call", "800.00"), ("Launch", "-80.00"), ("Minimum", "80.00")]
    assert shown(lines[3:]) == [("Byte", "200.00"), ("Fee", "300.00")]
    [step] = lines[2].steps
    assert (step.before + step.amount).decimal == 1000


def test_a_minimum_is_prorated_by_days() -> None:
    of = agreed(CALL, minimums=[Minimum("m", D(1000))], start="4-16")

    lines = march(of, {"calls": {"acme": 400}}, "5-1")

    assert shown(lines) == [("Call", "400.00"), ("Minimum", "100.00")]


def test_a_minimum_that_is_reached_adds_nothing() -> None:
    of = agreed(CALL, minimums=[Minimum("m", D(800))])

    assert shown(march(of, CHARGED)) == [("Call", "800.00"), ("Minimum", "0.00")]


def test_charges_beside_others_have_keys_of_their_own() -> None:
    quarterly = replace(FEE, id="rent", frequency=Frequency.QUARTERLY)
    of = agreed(
        CALL,
        FEE,
        quarterly,
        discounts=[off("0.1"), off("5", "call", nominal=True, id="e")],
        minimums=[Minimum("m", D(9))],
    )

    keys = [one.billed_as for one in charges(of, day("7-1"))]

    assert len(keys) == len(set(keys))
    assert {key[1] for key in keys if key[1].startswith("discount")} == {
        "discount:d:call",
        "discount:e:call",
        "discount:d:fee",
        "discount:d:rent",
    }


used = st.dictionaries(st.sampled_from(["acme", "a", "b", "c"]), st.integers(0, 400), max_size=4)


@st.composite
def terms(draw: st.DrawFn) -> Schedule:
    discounts = [
        off(
            str(draw(st.integers(0, 90))) if nominal else f"0.{draw(st.integers(0, 99)):02}",
            *draw(st.sets(st.sampled_from(["call", "byte"]), max_size=1)),
            nominal=nominal,
            separate=draw(st.booleans()),
            id=str(place),
        )
        for place in range(draw(st.integers(0, 3)))
        for nominal in [draw(st.booleans())]
    ]
    minimums = [
        Minimum(f"m{place}", D(draw(st.integers(0, 700))), frozenset(prices))
        for place in range(draw(st.integers(0, 2)))
        for prices in [draw(st.sets(st.sampled_from(["call", "byte"]), max_size=1))]
    ]
    call = replace(CALL, price=draw(st.sampled_from([CALL.price, TIERED])))
    return agreed(call, BYTE, discounts=discounts, minimums=minimums, roll_up=True)


@given(terms(), used, used)
def test_every_line_is_shared_to_the_cent_and_no_member_is_below_zero(
    of: Schedule, calls: dict[str, int], sizes: dict[str, int]
) -> None:
    lines = march(of, {"calls": calls, "bytes": sizes})

    for place in range(len(METHODS)):
        members: dict[str, int] = {}
        for one in lines:
            assert one.shares is not None
            parts = [share.parts[place] or 0 for share in one.shares]
            assert sum(parts) == one.net.minor
            for share, part in zip(one.shares, parts, strict=True):
                members[share.customer] = members.get(share.customer, 0) + part
        assert all(part >= 0 for part in members.values())


@given(terms(), used, used)
def test_what_is_paid_is_what_a_calculation_by_hand_pays(
    of: Schedule, calls: dict[str, int], sizes: dict[str, int]
) -> None:
    [agreed_on] = of.phases
    lines = march(of, {"calls": calls, "bytes": sizes})

    gross = {
        one.id: sum(part.net.minor for part in march(_plain(of), {"calls": calls, "bytes": sizes})
                    if part.price_id == one.id)
        for one in agreed_on.items
    }  # fmt: skip
    left = dict(gross)
    for discount in agreed_on.discounts:
        covered = [id for id in left if discount.covers(id)]
        off_it = _by_hand(discount, {id: left[id] for id in covered})
        left = {id: net - off_it.get(id, 0) for id, net in left.items()}
    missing = sum(
        max(0, int(one.amount * 100) - sum(net for id, net in left.items() if one.covers(id)))
        for one in agreed_on.minimums
    )
    assert sum(one.net.minor for one in lines) == sum(left.values()) + missing


def _plain(of: Schedule) -> Schedule:
    return replace(of, phases=(replace(of.phases[0], discounts=(), minimums=()),))


def _by_hand(discount: Discount, covered: dict[str, int]) -> dict[str, int]:
    if discount.type is DiscountType.PERCENTAGE:
        return {
            id: (2 * net * int(discount.amount * 100) + 100) // 200 for id, net in covered.items()
        }
    whole = sum(covered.values())
    amount = min(int(discount.amount * 100), whole)
    parts = {id: amount * net // whole if whole else 0 for id, net in covered.items()}
    order = sorted(covered, key=lambda one: -(amount * covered[one] % whole if whole else 0))
    for id in order[: amount - sum(parts.values())]:
        parts[id] += 1
    return parts


@given(terms(), used, used, used, used)
def test_lines_in_force_add_up_to_what_all_that_is_known_costs(
    of: Schedule,
    calls: dict[str, int],
    sizes: dict[str, int],
    late_calls: dict[str, int],
    late_sizes: dict[str, int],
) -> None:
    before = {"calls": calls, "bytes": sizes}
    now = {"calls": calls | late_calls, "bytes": sizes | late_sizes}
    for charge in charges(of, day("4-1")):
        first = line_of(of, measured(charge, before))
        whole = line_of(of, measured(charge, now))
        billed = BilledLine("x", 0, first.quantity, first.net, 0, first.shares)
        adjusting = Adjusting(of, charge, ("acme",), of.id, 1, (billed,))

        made = adjustment(adjusting, measured(charge, now))

        in_force = [first, *([made.line] if made else [])]
        assert total((one.net for one in in_force), "EUR") == whole.net
        for place in range(len(METHODS)):
            assert _by_member(in_force, place) == _by_member([whole], place)


def _by_member(lines: Sequence[Line], place: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in lines:
        for share in one.shares or ():
            found[share.customer] = found.get(share.customer, 0) + (share.parts[place] or 0)
    return {who: part for who, part in found.items() if part}


def test_what_reverses_an_adjustment_takes_all_of_it_back() -> None:
    of = agreed(CALL, minimums=[Minimum("m", D(1000))])
    _, least = charges(of, day("4-1"))
    billed = BilledLine("x", 1, D(0), -line_of(of, measured(least, CHARGED)).net, 0)
    adjusting = Adjusting(of, least, ("acme",), of.id, 2, (billed,), reverses=True)

    made = adjustment(adjusting, measured(least, CHARGED))

    assert made is not None
    assert made.line.net == -billed.net
