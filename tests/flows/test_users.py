"""Looking only at those who used something bills what looking at everybody bills."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from sqlalchemy import Connection

from catchment import ids
from catchment.core.due.pools import Pool
from catchment.core.usage.metering import Aggregation, Member, Usage, UsageQuery
from catchment.core.values.period import Period
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.users import Asked, Users, sizes, users
from catchment.store.engine import reading, writing
from catchment.store.families import aliases, links
from catchment.store.families.aliases import Alias
from tests.flows.books import NOW, START, Books, linear

JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
EVERYBODY, NOBODY = 1_000, 0


@pytest.fixture
def made(books: Books) -> dict[str, str]:
    """A top with a branch that left in mid-January, a member that pays for itself, and idle ones."""
    top = books.customer("top")
    found = {"top": top, "metric": books.metric("calls")}
    found["branch"] = books.customer("branch")
    books.link(found["branch"], top, START, datetime(2026, 1, 16, tzinfo=UTC))
    for name, parent in (("leaf", "branch"), ("own", "top"), ("below own", "own"), ("idle", "top")):
        found[name] = books.customer(name, found[parent])
    price = books.price(linear("1"), found["metric"])
    found["schedule"] = books.schedule(top, price, roll_up_billing=True)
    found["own schedule"] = books.schedule(found["own"], price, end=date(2026, 1, 10))
    books.write()
    with writing(books.engine) as tx:
        alias = Alias(ids.new_id(), found["leaf"], "leaf's other name", None, START)
        aliases.add(tx, books.workspace.id, [alias])
    for who in ("top", "branch", "leaf", "own", "below own"):
        for day, n in (("2026-01-05", "1"), ("2026-01-20", "10"), ("2026-02-05", "100")):
            books.used((found[who], "calls", day, n))
    books.used(("leaf's other name", "calls", "2026-01-06", "1000"))
    books.used(("nobody's name", "calls", "2026-01-06", "10000"))
    return found


def asked(agreed: Agreements, made: dict[str, str], kind: Aggregation = Aggregation.SUM) -> Asked:
    schedule = agreed.schedules[made["schedule"]]
    [item] = schedule.phases[0].items
    assert item.metric is not None
    return Asked(schedule, replace(item.metric, aggregation=kind), JANUARY.span(agreed.zone))


def among(tx: Connection, books: Books, made: dict[str, str], few: int) -> tuple[Users, Asked]:
    agreed = agreements.all_of(tx, books.workspace)
    question = asked(agreed, made)
    return users(tx, books.usage, agreed, [question], few=few), question


def measured(books: Books, made: dict[str, str], few: int) -> tuple[Usage, Pool]:
    with reading(books.engine) as tx:
        (agreed, last_seq), question = among(tx, books, made, few)
        pool = agreed.pool(question.schedule, made["metric"], question.span)
        known = aliases.of_customers(tx, books.workspace.id, [m.customer for m in pool.members])
    members = tuple(
        Member(m.customer, (m.customer, *(a.value for a in known.get(m.customer, ()))), m.spans)
        for m in pool.members
    )
    query = UsageQuery(question.metric, members)
    [found] = books.usage.reading(books.workspace.id, [query], last_seq).answers
    return found, Pool(tuple(m for m in pool.members if m.customer in found.members), ())


def test_only_users_are_looked_at_and_the_figures_are_the_same(
    books: Books, made: dict[str, str]
) -> None:
    usage, pool = measured(books, made, EVERYBODY)
    lean_usage, lean_pool = measured(books, made, NOBODY)

    assert (usage, sorted(pool.members)) == (lean_usage, sorted(lean_pool.members))
    assert usage.members == {
        made["top"]: D(11),
        made["branch"]: D(1),
        made["leaf"]: D(1001),
        made["own"]: D(10),
        made["below own"]: D(11),
    }


def test_who_told_long_ago_what_still_stands_is_looked_at(
    books: Books, made: dict[str, str]
) -> None:
    books.used((made["idle"], "calls", "2025-06-01", "3"))

    with reading(books.engine) as tx:
        agreed = agreements.all_of(tx, books.workspace)
        stood, summed = (
            users(tx, books.usage, agreed, [asked(agreed, made, kind)], few=NOBODY)
            for kind in (Aggregation.TIME_WEIGHTED_SUM, Aggregation.SUM)
        )

    assert stood.agreed.forest.links(made["idle"])
    assert not summed.agreed.forest.links(made["idle"])


def test_who_used_nothing_is_not_even_read(books: Books, made: dict[str, str]) -> None:
    with reading(books.engine) as tx:
        (agreed, _), _ = among(tx, books, made, NOBODY)

    assert agreed.forest.links(made["leaf"])
    assert not agreed.forest.links(made["idle"])


def test_events_that_come_after_the_users_were_found_do_not_count(
    books: Books, made: dict[str, str]
) -> None:
    with reading(books.engine) as tx:
        (_, last_seq), question = among(tx, books, made, NOBODY)
    books.used((made["idle"], "calls", "2026-01-07", "5"))
    member = Member(made["idle"], (made["idle"],), (question.span,))
    query = UsageQuery(question.metric, (member,))

    pinned = books.usage.reading(books.workspace.id, [query], last_seq)

    assert (pinned.answers[0].pooled, pinned.last_seq) == (D(0), last_seq)
    assert books.usage.measure(books.workspace.id, [query])[0].pooled == D(5)


def test_names_are_those_of_the_instant_asked_for(books: Books, made: dict[str, str]) -> None:
    with writing(books.engine) as tx:
        [alias] = aliases.of_customers(tx, books.workspace.id, [made["leaf"]])[made["leaf"]]
        aliases.delete(tx, books.workspace.id, [alias.id], NOW)
        new = Alias(ids.new_id(), made["top"], alias.value, None, NOW)
        aliases.add(tx, books.workspace.id, [new])

    with reading(books.engine) as tx:
        now, then = (
            aliases.owners(tx, books.workspace.id, [alias.value], at) for at in (None, START)
        )

    assert (now, then) == ({alias.value: made["top"]}, {alias.value: made["leaf"]})


def test_the_links_of_a_family_are_those_of_everyone_who_was_ever_below(
    books: Books, made: dict[str, str]
) -> None:
    roots = [made["branch"], made["idle"]]

    with reading(books.engine) as tx:
        below = links.ever_below(tx, books.workspace.id, roots, most=100)
        assert below is not None
        members = {*below, *(who for own in below.values() for who in own)}
        found = links.of_families(tx, books.workspace.id, roots, most=len(members) - len(roots))
        too_many = links.of_families(tx, books.workspace.id, [made["top"]], most=4)
        above = links.above(tx, books.workspace.id, members)
        whole = links.above(tx, books.workspace.id, members, known=found or ())

    assert found is not None
    assert {link.customer for link in found} == members
    assert {link.id for link in whole} == {link.id for link in above}
    assert len(whole) == len(above)
    assert too_many is None


def test_a_family_is_counted_until_it_is_too_large(books: Books, made: dict[str, str]) -> None:
    roots = [made["top"], made["branch"], made["idle"]]

    with reading(books.engine) as tx:
        exact = sizes(tx, books.workspace.id, roots, 100)
        cut = sizes(tx, books.workspace.id, roots, 3)
        none = links.ever_below(tx, books.workspace.id, roots, most=3)

    assert exact == {made["top"]: 6, made["branch"]: 2, made["idle"]: 1}
    assert cut == {made["top"]: 3, made["branch"]: 2, made["idle"]: 1}
    assert none is None
