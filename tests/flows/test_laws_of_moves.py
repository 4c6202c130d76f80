"""For any family and any move: the preview is what happens, and linear money is only carried over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from catchment import ids
from catchment.core.usage.metering import UsageQuery
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.families.move_customers import Relocation, move_customers
from catchment.flows.families.preview_move import Preview, preview_move
from catchment.flows.invoices.recalculate_invoice import recalculate_drafts
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.invoices import already_billed, invoices
from catchment.usage import Reading, UsageStore
from tests.flows.books import GRADUATED, NOW, Books, fixed, instead, linear

TOPS, OTHERS = 2, 4
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 60).map(lambda n: JANUARY + timedelta(days=n, hours=5))
MANY = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class Story:
    """Two payers at the top, others below anyone before them, calls, and one move.

    Some of the others have a schedule of their own: with roll-up (True), or without (False). The
    payers may leave somebody out, and have a rate of its own for somebody.
    """

    parents: tuple[int, ...]
    own: tuple[bool | None, ...]
    calls: tuple[tuple[int, datetime, int], ...]
    moved: int
    target: int
    at: datetime
    left_out: int | None = None
    named: int | None = None


@st.composite
def stories(draw: st.DrawFn) -> Story:
    everyone = st.integers(0, TOPS + OTHERS - 1)
    below = range(TOPS, TOPS + OTHERS)
    calls = st.tuples(everyone, DAYS, st.integers(1, 90))
    return Story(
        tuple(draw(st.integers(0, index - 1)) for index in below),
        tuple(draw(st.sampled_from((None, None, True, False))) for _ in below),
        tuple(draw(st.lists(calls, min_size=3, max_size=12))),
        draw(st.sampled_from(below)),
        draw(everyone),
        draw(DAYS | st.just(JANUARY)),
    )


@dataclass
class Told:
    books: Books
    relocation: Relocation


@st.composite
def selective_stories(draw: st.DrawFn) -> Story:
    """Stories in which somebody who calls moves below one who is left out or named, or from there."""
    story = draw(stories())
    target, above = story.target, story.parents[story.moved - TOPS]
    who = st.none() | st.sampled_from(sorted({target, above} - set(range(TOPS))) or [None])
    calls = (*story.calls, (story.moved, JANUARY + timedelta(days=25), 30))
    return replace(story, calls=calls, left_out=draw(who), named=draw(who))


def tell(story: Story, engine: Engine, usage: UsageStore, structure: dict[str, object]) -> Told:
    """A workspace of its own in which the story has happened up to the move, and was billed."""
    with writing(engine) as tx:
        name = ids.new_id()
        home = access.named_workspace(tx, name=name, id=name, at=JANUARY)
    books = Books(engine, usage, home)
    metric = books.metric("calls")
    known = [books.customer(f"Top {index}") for index in range(TOPS)]
    for index, parent in enumerate(story.parents):
        known.append(books.customer(f"Low {index}", known[parent]))
    price = books.price(structure, metric)
    prices, left_out = [price], None
    if story.named is not None:
        prices.append(books.price(linear("7"), metric, only=[known[story.named]]))
    if story.left_out is not None:
        left_out = [known[story.left_out]]
    for payer in known[:TOPS]:
        books.schedule(payer, *prices, roll_up_billing=True, roll_up_exclusions=left_out)
    for customer, pools in zip(known[TOPS:], story.own, strict=True):
        if pools is not None:
            books.schedule(customer, price, roll_up_billing=pools)
    books.write()
    books.used(*[(known[who], "calls", at.isoformat(), str(n)) for who, at, n in story.calls])
    bill_workspace(engine, usage, home, as_of=date(2026, 2, 10), now=NOW, new_id=ids.new_id)
    return Told(books, Relocation(known[story.moved], known[story.target], story.at))


def ask(told: Told) -> Preview:
    books = told.books
    with reading(books.engine) as tx:
        return preview_move(
            tx, books.usage, books.workspace, told.relocation, now=NOW, new_id=ids.new_id
        )


def make(told: Told, tx: Connection) -> None:
    """Make the move for good."""
    books = told.books
    move_customers(tx, books.usage, books.workspace, [told.relocation], now=NOW, new_id=ids.new_id)


def drafts(books: Books) -> dict[str, int]:
    """The net total of every invoice by id."""
    with reading(books.engine) as tx:
        billed = already_billed.of(tx, books.workspace.id)
        found = invoices.live(tx, books.workspace.id, {schedule for schedule, *_ in billed.days})
        return {one.id: one.net.minor for one in found}


@MANY
@given(story=stories())
def test_with_linear_prices_a_move_never_changes_the_sum_over_payers(
    engine: Engine, usage: UsageStore, story: Story
) -> None:
    found = ask(tell(story, engine, usage, linear("1")))

    changes: Counter[str] = Counter()
    for payer in found.payers:
        for schedule in payer.schedules:
            for period in schedule.periods:
                changes[period.billing_period.start.isoformat()] += (
                    period.after.minor - period.before.minor
                )
    assert sum(payer.after.minor - payer.before.minor for payer in found.payers) == 0
    assert not any(changes.values())


@MANY
@given(story=stories() | selective_stories())
def test_drafts_become_what_the_preview_said_and_the_others_stay(
    engine: Engine, usage: UsageStore, story: Story
) -> None:
    told = tell(story, engine, usage, GRADUATED)
    before = drafts(told.books)

    found = ask(told)
    with writing(engine) as tx:
        if found.refusal is not None:
            with pytest.raises(type(found.refusal)):
                make(told, tx)
            return
        make(told, tx)

    periods = [
        period
        for payer in found.payers
        for schedule in payer.schedules
        for period in schedule.periods
    ]
    expected = before | {
        period.invoice.id: period.after.minor for period in periods if period.invoice is not None
    }
    assert drafts(told.books) == expected
    assert all(before[p.invoice.id] == p.before.minor for p in periods if p.invoice is not None)


_CALL = (2, JANUARY + timedelta(days=25), 30)
_NONE = (None,) * OTHERS
_BELOW_THE_THIRD = Story((0,) * OTHERS, _NONE, (_CALL,), moved=2, target=3, at=JANUARY)


@MANY
@given(story=selective_stories())
@example(story=replace(_BELOW_THE_THIRD, left_out=3))
@example(story=replace(_BELOW_THE_THIRD, named=3))
def test_a_move_leaves_no_draft_as_it_was_that_would_come_out_differently(
    engine: Engine, usage: UsageStore, story: Story
) -> None:
    told = tell(story, engine, usage, GRADUATED)
    books = told.books
    with writing(engine) as tx:
        if ask(told).refusal is not None:
            return
        make(told, tx)
    after = drafts(books)

    with writing(engine) as tx:
        billed = {schedule for schedule, *_ in already_billed.of(tx, books.workspace.id).days}
        recalculate_drafts(tx, usage, books.workspace, billed, now=NOW, new_id=ids.new_id)

    assert drafts(books) == after


class Counting(UsageStore):
    """A usage store that notes whose usage it is asked for."""

    asked: tuple[UsageQuery, ...] = ()

    def reading(
        self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
    ) -> Reading:
        self.asked = (*self.asked, *asked)
        return super().reading(workspace_id, asked, last_seq)


@pytest.mark.parametrize("used_on", [("2026-02-05", "2026-03-05"), ("2026-02-05",), ()])
def test_only_the_days_after_the_move_of_schedules_above_it_that_have_events_are_measured(
    engine: Engine, usage: UsageStore, workspace: Workspace, data_dir: Path, used_on: Sequence[str]
) -> None:
    books = Books(engine, usage, workspace)
    price = books.price(linear("1"), books.metric("calls"))
    old, new, aside = (books.customer(name) for name in ("Old", "New", "Aside"))
    child = books.customer("Child", old)
    for payer in (old, new, aside):
        books.schedule(payer, price, roll_up_billing=True)
    books.write()
    books.used((aside, "calls", "2026-01-05", "1"), *((child, "calls", at, "1") for at in used_on))
    counting = instead(Counting, books.usage)
    bill_workspace(engine, usage, workspace, as_of=date(2026, 3, 1), now=NOW, new_id=ids.new_id)

    relocation = Relocation(child, new, datetime(2026, 2, 1, tzinfo=UTC))
    with reading(engine) as tx:
        preview_move(tx, counting, workspace, relocation, now=NOW, new_id=ids.new_id)

    members = [member for query in counting.asked for member in query.members]
    assert len(counting.asked) == 2 * 2 * len(used_on), "two payers, before and after"
    assert {member.customer for member in members} == ({old, new, child} if used_on else set())
    assert all(member.spans[0].start >= datetime(2026, 2, 1, tzinfo=UTC) for member in members)


def test_a_payer_is_told_apart_by_currency_and_fixed_prices_stay(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, workspace)
    payer = books.customer("Payer")
    child = books.customer("Child", payer)
    in_yen = books.price(linear("7"), books.metric("calls"), currency="JPY")
    in_dollars = books.price(linear("0.5"), books.metric("hours"))
    for prices in ((in_yen,), (in_dollars, books.price(fixed("10")))):
        books.schedule(payer, *prices, roll_up_billing=True)
    books.write()
    books.used((child, "calls", "2026-01-05", "3"), (child, "hours", "2026-01-05", "3"))

    found = ask(Told(books, Relocation(child, None, JANUARY)))

    sums = [(one.currency, one.before.minor, one.after.minor) for one in found.payers]
    assert sums == [("JPY", 21, 0), ("USD", 1150, 1000)]
    [january] = found.payers[1].schedules[0].periods
    assert (january.status, january.follows) == ("UNBILLED", True)
    assert [(line.before.minor, line.after.minor) for line in january.lines] == [
        (150, 0),
        (1000, 1000),
    ]
