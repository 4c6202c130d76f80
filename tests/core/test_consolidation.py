"""Who pays for what bills its parent, and on whose invoice it is a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.due.charging import charges
from catchment.core.due.pools import Pool, PoolMember, below
from catchment.core.families.hierarchy import Forest, Link
from catchment.core.invoices.consolidation import Due, Hosts, Key, Payer, arrange, payer
from catchment.core.invoices.invoicing import Draft, draft, joined
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.pricing import Fixed
from catchment.core.terms.schedules import BillTo, Charge, Schedule, Timing
from catchment.core.usage.metering import Usage
from catchment.core.values.money import Money
from catchment.core.values.period import BEGINNING, Period
from tests.core.agreements import CALLS, day, item, phase, schedule
from tests.core.strategies import span

FEBRUARY = Period(day("2-1"), day("3-1"))
ARCHIVED = datetime(2026, 1, 1, tzinfo=UTC)


def link(customer: str, parent: str | None, since: datetime, until: datetime | None = None) -> Link:
    return Link(f"{customer}-{since}", customer, parent, since, until, BEGINNING)


def of(
    customer: str, id: str | None = None, start: str = "1-1", end: str | None = None
) -> Schedule:
    """A schedule that pays for itself."""
    return schedule(phase(start, end, item()), customer=customer, id=id or customer, end=end)


def guest(customer: str = "shop", id: str | None = None) -> Schedule:
    return replace(of(customer, id or f"{customer}'s"), bill_to=BillTo.PARENT)


def hosts(*known: Schedule) -> Hosts:
    return {
        one.customer: [other for other in known if other.customer == one.customer] for one in known
    }


CHAIN = Forest([link("shop", "region", BEGINNING), link("region", "group", BEGINNING)])
"""A shop in a region of a group."""


def paid_by(
    *known: Schedule,
    forest: Forest = CHAIN,
    due_on: date = FEBRUARY.end,
    service: Period = FEBRUARY,
    zone: timezone = UTC,
) -> tuple[str, str]:
    """The host's id, and the way down from the payer, a letter each."""
    found = payer(guest(), due_on, service, forest=forest, hosts=hosts(*known), zone=zone)
    return found.host.id, "".join(customer[0] for customer in found.path)


def test_the_nearest_above_with_a_schedule_of_its_own_pays() -> None:
    assert paid_by(of("group"), of("region")) == ("region", "rs")
    assert paid_by(of("group")) == ("group", "grs")


def test_where_nobody_above_pays_the_customer_pays_itself() -> None:
    assert paid_by() == ("shop's", "s")
    assert paid_by(of("shop"), of("elsewhere")) == ("shop's", "s")
    assert paid_by(of("group"), forest=Forest([])) == ("shop's", "s")


def test_who_bills_its_own_parent_pays_for_nobody() -> None:
    assert paid_by(of("group"), guest("region")) == ("group", "grs")


def test_an_archived_schedule_pays_for_nobody() -> None:
    assert paid_by(of("group"), replace(of("region"), archived_at=ARCHIVED)) == ("group", "grs")


@pytest.mark.parametrize(
    ("start", "end", "pays"),
    [
        ("3-1", None, True),  # begins on the due day
        ("3-2", None, False),
        ("1-1", "3-1", True),  # still runs on it
        ("1-1", "2-28", True),  # ended with the service
        ("1-1", "2-27", False),
    ],
)
def test_a_schedule_pays_while_it_runs_and_for_what_ended_with_it(
    start: str, end: str | None, *, pays: bool
) -> None:
    assert paid_by(of("region", start=start, end=end), of("group"))[0] == (
        "region" if pays else "group"
    )


def test_in_advance_a_schedule_that_ended_the_day_before_does_not_pay() -> None:
    over = of("region", end="2-28")
    march = Period(day("3-1"), day("4-1"))

    assert paid_by(over, service=march) == ("shop's", "s")


def test_of_several_schedules_the_one_that_started_first_is_the_host() -> None:
    assert paid_by(of("region", "b", "1-2"), of("region", "c", "1-1"))[0] == "c"
    assert paid_by(of("region", "b"), of("region", "a"))[0] == "a"


def test_the_tree_at_the_start_of_the_due_day_decides() -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    for moved, expected in ((midnight, "new"), (midnight + timedelta(milliseconds=1), "old")):
        forest = Forest([link("shop", "old", BEGINNING, moved), link("shop", "new", moved)])
        assert paid_by(of("old"), of("new"), forest=forest)[0] == expected


def test_that_day_starts_where_the_workspace_is() -> None:
    west = timezone(timedelta(hours=-5))
    moved = datetime(2026, 3, 1, 5, tzinfo=UTC)
    forest = Forest([link("shop", "old", BEGINNING, moved), link("shop", "new", moved)])

    assert paid_by(of("old"), of("new"), forest=forest, zone=west)[0] == "new"
    assert paid_by(of("old"), of("new"), forest=forest)[0] == "old"


def arranged(
    *known: Schedule,
    closed: frozenset[Key] = frozenset(),
    forest: Forest = CHAIN,
    until: str = "2-1",
) -> list[tuple[str, date, list[tuple[str, str]]]]:
    """Each invoice: whose, when, and the parts on it with the way to each."""
    return [(due.schedule.id, due.on, ways(due)) for due in dues(known, closed, forest, until)]


def dues(
    known: tuple[Schedule, ...], closed: frozenset[Key], forest: Forest, until: str
) -> list[Due]:
    def payer_of(one: Schedule, charge: Charge) -> Payer:
        return payer(
            one, charge.due_on, charge.service, forest=forest, hosts=hosts(*known), zone=UTC
        )

    every = [(one, charge) for one in known for charge in charges(one, day(until))]
    return arrange(every, payer_of, closed)


def ways(due: Due) -> list[tuple[str, str]]:
    return [(part.schedule.id, "".join(c[0] for c in part.path)) for part in due.parts]


FIRST = day("2-1")


def test_a_child_joins_its_payer_s_invoice_of_the_day() -> None:
    assert arranged(guest(), of("region")) == [
        ("region", FIRST, [("region", "r"), ("shop's", "rs")])
    ]


def test_an_invoice_of_a_payer_with_nothing_due_is_the_child_s_alone() -> None:
    yearly = schedule(
        phase("1-1", None, item(timing=Timing.IN_ADVANCE)), customer="region", id="region"
    )

    assert arranged(guest(), yearly, until="2-1")[-1] == (
        "region", FIRST, [("region", "r"), ("shop's", "rs")],
    )  # fmt: skip
    started = replace(yearly, start=day("1-15"), billing_day=20)
    assert arranged(guest(), started)[-1] == ("region", FIRST, [("shop's", "rs")])


def test_a_closed_invoice_leaves_the_child_one_of_its_own_that_the_payer_gets() -> None:
    closed = frozenset({Key("region", FIRST)})

    assert arranged(guest(), of("region"), closed=closed) == [("shop's", FIRST, [("shop's", "rs")])]


def split() -> tuple[Schedule, ...]:
    """A shop with arrears and an advance due on one day: the region ended with the arrears."""
    advance = item("advance", timing=Timing.IN_ADVANCE)
    both = schedule(phase("1-1", None, item(), advance), customer="shop", id="shop's")
    return replace(both, bill_to=BillTo.PARENT), of("group"), of("region", end="1-31")


def test_an_invoice_of_its_own_that_is_closed_is_followed_by_another() -> None:
    closed = {Key("region", FIRST), Key("shop's", FIRST), Key("shop's", FIRST, 1)}

    found = dues((guest(), of("region")), frozenset(closed), CHAIN, "2-1")

    assert [(due.key, ways(due)) for due in found] == [
        (Key("shop's", FIRST, 2), [("shop's", "rs")])
    ]


def test_payers_whose_invoices_are_closed_get_an_invoice_each() -> None:
    closed = {Key("region", FIRST), Key("group", FIRST)}

    found = [due for due in dues(split(), frozenset(closed), CHAIN, "2-1") if due.on == FIRST]

    assert [(due.key, ways(due)) for due in found] == [
        (Key("shop's", FIRST), [("shop's", "rs")]),
        (Key("shop's", FIRST, 1), [("shop's", "grs")]),
    ]


def test_another_currency_leaves_the_child_an_invoice_of_its_own() -> None:
    yen = schedule(phase("1-1", None, item(currency="JPY")), customer="region", id="region")

    assert arranged(guest(), yen) == [
        ("region", FIRST, [("region", "r")]),
        ("shop's", FIRST, [("shop's", "rs")]),
    ]


KEYS = [Key(id, FIRST) for id in ("group", "region", "shop")] + [
    Key(id, FIRST, ordinal) for id in ("shop's", "shop's 2") for ordinal in range(3)
]


@given(
    st.frozensets(st.sampled_from(KEYS)),
    st.sets(st.sampled_from(["group", "region", "shop"])),
    st.booleans(),
    st.sampled_from((None, "1-31")),
)
def test_no_charge_is_lost_doubled_or_misdirected_whatever_is_closed(
    closed: frozenset[Key], there: set[str], deep: bool, end: str | None
) -> None:
    both, *_ = split()
    above = (of(who, end=end if who == "region" else None) for who in sorted(there))
    known = (*above, guest(id="shop's 2"), both)
    forest = CHAIN if deep else Forest([])

    found = dues(known, closed, forest, "3-1")

    placed = [charge.billed_as for due in found for charge in due.charges]
    every = [
        charge.billed_as
        for one in known
        for charge in charges(one, day("3-1"))
        if one.bill_to is BillTo.PARENT or Key(one.id, charge.due_on) not in closed
    ]
    assert sorted(placed) == sorted(every)
    assert not {due.key for due in found} & closed
    assert len({due.key for due in found}) == len(found)
    for part in (part for due in found for part in due.parts):
        for one in part.charges:
            who = payer(
                part.schedule, one.due_on, one.service,
                forest=forest, hosts=hosts(*known), zone=UTC,
            )  # fmt: skip
            assert part.path == who.path


def charge(one: Schedule, minor: str = "10", product: str = "platform") -> Charge:
    of_price = item("fee", Fixed(D(minor)), product=product)
    return Charge(one.id, "p1", of_price, FEBRUARY, FEBRUARY, FEBRUARY.end)


def calls(one: Schedule) -> Charge:
    return Charge(one.id, "p1", item("u", metric=CALLS), FEBRUARY, FEBRUARY, FEBRUARY.end)


def used(one: Schedule, quantity: str, path: str, *members: str) -> Measured:
    """Usage of a pool of equals below ``path``."""
    each = D(quantity) / len(members)
    usage = Usage(D(quantity), dict.fromkeys(members, each), 7, dict.fromkeys(members, 1))
    pool = tuple(
        PoolMember(who, (span(0, 12),), 0 if who == one.customer else 1,
                   (who,) if who == one.customer else (one.customer, who))
        for who in members
    )  # fmt: skip
    return Measured(calls(one), usage, Pool(below(tuple(path), pool), ()))


NAMES = {"g": "Group", "r": "Region", "a": "anvil", "z": "Zinc", "k": "Kid"}


def consolidated() -> Draft:
    """A group with a fee; two children, one with a fee and calls, one that pools calls of a kid."""
    a, z = guest("a"), replace(guest("z"), roll_up=True)
    zinc = joined(z, ("g", "z"), [used(z, "8", "gz", "k", "z"), Measured(charge(z, "5", "extra"))])
    anvil = joined(a, ("g", "a"), [Measured(charge(a)), used(a, "3", "ga", "a")])
    group = of("g")
    return draft(group, [Measured(charge(group, "100"))], NAMES, [zinc, anvil])


def test_the_children_s_lines_follow_by_child_and_product_under_their_names() -> None:
    made = consolidated()

    assert [(group.title, group.net.minor) for group in made.groups] == [
        ("Platform", 10000),
        ("anvil · Platform", 1300),
        ("Zinc · Platform", 800),
        ("Zinc · Extra", 500),
    ]
    assert [line.schedule_id for line in made.lines] == ["g", "a's", "a's", "z's", "z's"]
    assert (made.customer, made.net) == ("g", Money(12600, "EUR"))


def test_a_joined_line_is_all_its_child_s_and_its_family_s_where_that_pools() -> None:
    lines = consolidated().lines

    shared = [
        None if line.shares is None else {s.customer: s.parts[0] for s in line.shares}
        for line in lines
    ]
    assert shared == [None, {"a": 1000}, {"a": 300}, {"k": 400, "z": 400}, {"z": 500}]


def test_a_child_s_usage_is_shown_under_its_name_as_seen_from_the_payer() -> None:
    found = consolidated().usage_groups

    assert [(g.name, g.depth, g.path, [i.value for i in g.items]) for g in found] == [
        ("anvil", 1, ("g", "a"), [D(3)]),
        ("Zinc", 1, ("g", "z"), [D(4)]),
        ("Kid", 2, ("g", "z", "k"), [D(4)]),
    ]


def test_a_child_without_usage_is_there_with_nothing() -> None:
    a = guest("a")

    made = draft(of("g"), [], NAMES, [joined(a, ("g", "a"), [Measured(charge(a))])])

    assert [(g.name, g.items) for g in made.usage_groups] == [("anvil", ())]
    assert (made.customer, made.schedule_id) == ("g", "g")


def test_two_schedules_of_one_child_share_its_groups_and_its_figures() -> None:
    one, two = guest("a", "s1"), guest("a", "s2")
    parts = [
        joined(one, ("g", "a"), [used(one, "3", "ga", "a")]),
        joined(two, ("g", "a"), [used(two, "4", "ga", "a"), Measured(charge(two))]),
    ]

    made = draft(of("g"), [], NAMES, parts)

    assert [(g.title, len(g.lines)) for g in made.groups] == [("anvil · Platform", 3)]
    assert [[i.value for i in g.items] for g in made.usage_groups] == [[D(7)]]


def test_a_line_of_nothing_is_nobody_s() -> None:
    a = guest("a")
    nothing = Measured(calls(a))

    (line,) = joined(a, ("g", "a"), [nothing]).lines

    assert line.shares is not None
    assert not line.shares
