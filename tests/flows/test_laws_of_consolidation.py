"""Whatever happens to a family whose children bill their parents, every charge is billed exactly once.

Trees, starts, moves, runs, finalised and voided invoices come in any order; a plain oracle says who
pays for what.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from catchment import ids
from catchment.core.invoices.consolidation import Due, Key, Payer, arrange
from catchment.core.terms.schedules import Charge, Schedule
from catchment.flows.billing import place_charges
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.flows.billing.runs import plan_run
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.families.move_customers import NothingToMove, Relocation, move_customers
from catchment.flows.families.preview_move import PeriodChange, Preview, preview_move
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.flows.schedules import keep_schedule
from catchment.store import access
from catchment.store.engine import reading, writing
from catchment.store.families import links
from catchment.store.schema import invoices, line_items
from catchment.usage import UsageStore
from tests.flows.books import NOW, Books, fixed

TODAY = date(2026, 3, 10)
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = 6
MONTHS = (date(2026, 2, 1), date(2026, 3, 1))
Step = tuple[str, int, int, datetime]

MANY = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class Story:
    """Everyone is below somebody before it or at the top, and has a schedule or none."""

    parents: tuple[int, ...]
    bills: tuple[str | None, ...]
    late: tuple[bool, ...]
    steps: tuple[Step, ...]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    days = st.integers(0, 68).map(lambda n: JANUARY + timedelta(days=n))
    who, kind = st.integers(0, PEOPLE - 1), ("run", "finalise", "finalise", "void", "move", "start")
    return Story(
        tuple(draw(st.integers(-1, index - 1)) for index in range(PEOPLE)),
        tuple(draw(st.sampled_from(("SELF", "PARENT", "PARENT", None))) for _ in range(PEOPLE)),
        tuple(draw(st.booleans()) for _ in range(PEOPLE)),
        tuple(draw(st.lists(st.tuples(st.sampled_from(kind), who, who, days), max_size=9))),
    )


@dataclass
class World:
    """A workspace in which the story happens, and the oracle's own notes of it."""

    books: Books
    story: Story
    people: list[str] = field(default_factory=list)
    schedules: dict[int, str] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)
    places: list[tuple[int, datetime, int]] = field(default_factory=list)  # who, since, below whom
    previews: list[tuple[dict[str, int], dict[str, int]]] = field(
        default_factory=list
    )  # told, came

    def begin(self) -> None:
        books, story = self.books, self.story
        for index, parent in enumerate(story.parents):
            above = None if parent < 0 else self.people[parent]
            self.people.append(books.customer(f"Customer {index}", above))
            self.places.append((index, datetime.min.replace(tzinfo=UTC), parent))
        for index, bills in enumerate(story.bills):
            if bills is not None:
                late = story.late[index]
                self.schedules[index] = books.schedule(
                    self.people[index],
                    books.price(fixed(str(index + 1))),
                    bill_to=bills,
                    activated_at=None if late else JANUARY,
                )
                if not late:
                    self.started.add(index)
        books.write()

    def happens(self) -> None:
        for kind, a, b, at in self.story.steps:
            getattr(self, kind)(a, b, at)
        for index in sorted(self.schedules.keys() - self.started):
            self.start(index, 0, JANUARY)
        self.run(0, 0, JANUARY)

    def run(self, _a: int, _b: int, _at: datetime) -> None:
        books = self.books
        result = bill_workspace(
            books.engine, books.usage, books.workspace, as_of=TODAY, now=NOW, new_id=ids.new_id
        )
        assert result.failures == ()

    def finalise(self, a: int, _b: int, _at: datetime) -> None:
        id = self._invoice(a, "DRAFT")
        if id:
            with writing(self.books.engine) as tx:
                finalize_invoice(tx, self.books.workspace.id, id, on=TODAY, now=NOW)

    def void(self, a: int, _b: int, _at: datetime) -> None:
        id = self._invoice(a, "FINAL")
        if id:
            with writing(self.books.engine) as tx:
                void_invoice(tx, self.books.workspace.id, id, on=TODAY, now=NOW)

    def start(self, a: int, _b: int, _at: datetime) -> None:
        if a in self.schedules and a not in self.started:
            books = self.books
            with writing(books.engine) as tx:
                keep_schedule.activate(
                    tx, books.usage, books.workspace, self.schedules[a],
                    today=TODAY, now=NOW, new_id=ids.new_id,
                )  # fmt: skip
            self.started.add(a)

    def move(self, a: int, b: int, at: datetime) -> None:
        books, relocation = self.books, Relocation(self.people[a], self.people[b], at)
        with reading(books.engine) as tx:
            seen = preview_move(
                tx, books.usage, books.workspace, relocation, now=NOW, new_id=ids.new_id
            )
            before = self._nets(tx)
        told = {one.invoice.id: 0 for one in _periods(seen) if one.invoice and one.follows}
        for one in _periods(seen):
            if one.invoice is not None and one.follows:
                told[one.invoice.id] += one.after.minor
        refusal = None if isinstance(seen.refusal, NothingToMove) else seen.refusal
        expected_refusal = pytest.raises(type(refusal)) if refusal else nullcontext()
        with expected_refusal, writing(books.engine) as tx:
            links.hold(tx, books.workspace.id)
            move_customers(
                tx, books.usage, books.workspace, [relocation], now=NOW, new_id=ids.new_id
            )
        if refusal:
            return
        self.places = [one for one in self.places if one[0] != a or one[1] < at]
        self.places.append((a, at, b))
        with reading(books.engine) as tx:
            after = self._nets(tx)
        expected = {id: net for id, net in (before | told).items() if net}
        self.previews.append((expected, {id: after[id] for id in before if after.get(id)}))

    def _invoice(self, place: int, status: str) -> str | None:
        c = invoices.c
        query = select(c.id).where(c.workspace_id == self.books.workspace.id, c.status == status)
        with reading(self.books.engine) as tx:
            found = list(tx.execute(query.order_by(c.due_on, c.id)).scalars())
        return found[place % len(found)] if found else None

    def _nets(self, tx: Connection) -> dict[str, int]:
        """The net total of every invoice in force by id."""
        c = invoices.c
        query = select(c.id, c.net_minor).where(
            c.workspace_id == self.books.workspace.id, c.live_key == ""
        )
        return {row.id: row.net_minor for row in tx.execute(query)}

    def payer(self, index: int, due_on: date) -> int:
        """The oracle: up from the customer, by the notes, to the first that pays for itself."""
        if self.story.bills[index] == "SELF":
            return index
        above = self._above(index, due_on)
        while above >= 0:
            if self.story.bills[above] == "SELF" and above in self.started:
                return above
            above = self._above(above, due_on)
        return index

    def _above(self, index: int, due_on: date) -> int:
        at = datetime(due_on.year, due_on.month, due_on.day, tzinfo=UTC)
        return max(
            (since, below) for who, since, below in self.places if who == index and since <= at
        )[1]

    def wrong(self) -> list[str]:
        """What is billed twice, not at all, to the wrong payer, or for another amount."""
        found = []
        billed: dict[tuple[str, date], list[tuple[str, int, str]]] = {}
        line, head = line_items.c, invoices.c
        query = (
            select(line.schedule_id, head.due_on, head.customer_id, line.net_minor, head.status)
            .join(invoices, head.id == line.invoice_id)
            .where(line.workspace_id == self.books.workspace.id, line.live_key == "")
        )
        with reading(self.books.engine) as tx:
            for schedule, due_on, customer, net, status in tx.execute(query):
                billed.setdefault((schedule, due_on), []).append((customer, net, status))
        for index, schedule in self.schedules.items():
            for due_on in MONTHS:
                lines = billed.pop((schedule, due_on), [])
                if [net for _, net, _ in lines] != [(index + 1) * 100]:
                    found.append(f"{index} of {due_on}: {lines}")
                payer = self.people[self.payer(index, due_on)]
                found += [
                    f"{index} of {due_on} is paid by {self.people.index(customer)}"
                    for customer, _, status in lines
                    if status == "DRAFT" and customer != payer
                ]
        return found + [f"never agreed: {key}" for key in billed]


def _periods(seen: Preview) -> list[PeriodChange]:
    return [
        one for payer in seen.payers for schedule in payer.schedules for one in schedule.periods
    ]


def told(story: Story, engine: Engine, usage: UsageStore) -> World:
    with writing(engine) as tx:
        name = ids.new_id()
        home = access.named_workspace(tx, name=name, id=name, at=JANUARY)
    world = World(Books(engine, usage, home), story)
    world.begin()
    world.happens()
    return world


@MANY
@given(story=stories())
def test_no_charge_is_lost_or_doubled_and_drafts_are_their_payer_s(
    engine: Engine, usage: UsageStore, story: Story
) -> None:
    world = told(story, engine, usage)

    assert world.wrong() == []
    for seen, happened in world.previews:
        assert seen == happened
    with reading(engine) as tx:
        verdicts = list(verify_invoices(tx, usage, world.books.workspace))
    assert [one.difference for one in verdicts if one.difference] == []


LATE = Story(
    (-1, 0, 0),
    ("SELF", "PARENT", "PARENT"),
    (False, False, True),
    (("run", 0, 0, JANUARY), ("finalise", 0, 0, JANUARY)),
)
"""A group and a child are billed and the first month is finalised; then another child starts."""


def test_a_late_child_is_billed_apart(engine: Engine, usage: UsageStore) -> None:
    assert told(LATE, engine, usage).wrong() == []


def test_the_checker_sees_a_charge_that_a_closed_day_drops(
    engine: Engine, usage: UsageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dropping(
        charges: Iterable[tuple[Schedule, Charge]],
        payer_of: Callable[[Schedule, Charge], Payer],
        closed: Container[Key],
    ) -> list[Due]:
        kept = (
            (schedule, charge)
            for schedule, charge in charges
            if Key(payer_of(schedule, charge).host.id, charge.due_on) not in closed
        )
        return arrange(kept, payer_of, closed)

    for module in (plan_run, place_charges):
        monkeypatch.setattr(module, "arrange", dropping)

    assert told(LATE, engine, usage).wrong() == ["2 of 2026-02-01: []"]


def test_the_checker_sees_lines_that_stay_with_the_old_payer(
    engine: Engine, usage: UsageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = (("run", 0, 0, JANUARY), ("move", 2, 1, JANUARY + timedelta(days=20)))
    story = Story((-1, -1, 0), ("SELF", "SELF", "PARENT"), (False,) * 3, moved)
    assert told(story, engine, usage).wrong() == []

    monkeypatch.setattr("catchment.flows.families.changed_payers.turns", lambda *_: [])

    assert told(story, engine, usage).wrong() == [
        "2 of 2026-02-01 is paid by 0",
        "2 of 2026-03-01 is paid by 0",
    ]
